import { beforeEach, expect, it, vi } from "vitest";
import * as docker from "../components/step/docker.ts";
import * as why from "../components/step/why.ts";
import { summary } from "./summary.ts";

vi.mock(import("../components/step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: vi.fn(),
	inspectImage: vi.fn(),
}));
vi.mock(import("../components/step/why.ts"), async (original) => ({
	...(await original()),
	daemonInputs: vi.fn(),
}));

beforeEach(() => {
	vi.mocked(docker.imageId).mockResolvedValue(undefined);
	vi.mocked(docker.inspectImage).mockResolvedValue(undefined);
});

/** Outputs of a stack whose Pythons have packages with these sums, by name. */
const outputs = (sums: Readonly<Record<string, string>>) => ({
	images: { python: { name: "localhost/debian-python/test:python-0123456789ab" } },
	apps: {},
	pythons: Object.fromEntries(
		Object.entries(sums).map(([python, sha256]) => [
			python,
			{ version: "3.13.5", package: { file: `packages/test/cpython${python}.deb`, sha256 } },
		]),
	),
	debian: { codename: "bookworm" },
});

it("tells the .debs that there are: a target may need none", async () => {
	const text = await summary(outputs({ "3.13": "0123", "3.13t": "" }), [], { preview: false });
	expect(text.match(/^ {2}\.deb .*$/gm)).toEqual(["  .deb      packages/test/cpython3.13.deb"]);
});

it("tells what changes for users of the same Python: a variant is another one", async () => {
	vi.mocked(why.daemonInputs).mockResolvedValue([
		{ PYTHON_VERSION: "3.13.4", DEBIAN_NUMBER: "12" },
	]);
	const text = await summary(outputs({ "3.13": "", "3.13t": "" }), [], { preview: true });
	expect(text.match(/since CPython/g)).toHaveLength(1);
	vi.mocked(why.daemonInputs).mockResolvedValue([
		{ PYTHON_VERSION: "3.13.4", DEBIAN_NUMBER: "12", ABI_FLAGS: "t" },
		{ PYTHON_VERSION: "3.13.3", DEBIAN_NUMBER: "12" },
	]);
	const both = await summary(outputs({ "3.13": "", "3.13t": "" }), [], { preview: true });
	expect(both.match(/since CPython 3\.13\.\d/g)).toEqual([
		"since CPython 3.13.3",
		"since CPython 3.13.4",
	]);
});
