import { expect, it } from "vitest";
import { addedPaths, unwantedPath } from "./layer-content.ts";

it.each([
	["/usr/bin/x86_64-linux-gnu-gcc-12", "a compiler or linker"],
	["/usr/bin/cc", "a compiler or linker"],
	["/usr/include/libpq-fe.h", "a header"],
	["/venv/include/site/python3.13/greenlet/greenlet.h", "a header"],
	["/app/dist/orders-1.0-py3-none-any.whl", "a wheel"],
	["/app/x.deb", "a Debian package"],
	["/var/lib/apt/lists/lock", "a cache"],
	["/root/.cache/pip", "a cache"],
	["/tmp/requirements.txt", "a cache"],
])("%s is %s", (path, what) => {
	const problem = unwantedPath(["/usr", path]);
	expect(problem?.message).toMatch(
		`gate layers: ${path} is ${what}, which no app has in a layer; `,
	);
});

it.each([
	"/usr/bin/ccache-stats",
	"/venv/lib/python3.13/site-packages/numpy/_core/include/numpy/ndarrayobject.h",
	"/app/native/source.h",
	"/venv/lib/python3.13/site-packages/virtualenv/seed/wheels/embed/pip-26.0-py3-none-any.whl",
	"/venv/bin/uvicorn",
	"/usr/lib/x86_64-linux-gnu/libpq.so.5",
])("%s may be there", (path) => {
	expect(unwantedPath(["/venv", path])).toBeUndefined();
});

it("what is deleted is in no layer", () => {
	expect(addedPaths("C /usr\nD /usr/bin/cc\nA /usr/x\n")).toEqual(["/usr", "/usr/x"]);
});
