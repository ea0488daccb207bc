import { execFileSync } from "node:child_process";
import {
	chmodSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyInto } from "../../components/step/container.ts";
import { IGNORED } from "../../stacks/ignored.ts";
import { docker } from "./checkout.ts";

/*
 * What of a checkout gets into an image: that which its key has, whatever modes the file system gives
 * and whatever systems, editors and Python left there.
 */

const IMAGE = "debian-python/test-contexts";

let folder: string;
let clean: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "contexts-"));
	clean = mkdtempSync(join(tmpdir(), "contexts-"));
	for (const copy of [folder, clean]) {
		cpSync("components", copy, { recursive: true });
		// cp keeps modes as they are here.
		execFileSync("chmod", ["-R", copy === folder ? "a+rwx" : "u=rwX,go=", copy]);
	}
	const names = IGNORED.filter((name) => name !== ".dockerignore").map((pattern) =>
		pattern.replaceAll("*", "x").replace("?", "p").replace("[co]", "c"),
	);
	for (const context of ["debbase", "pybuild", "python"].map((name) =>
		join(folder, name, "context"),
	)) {
		const folders = readdirSync(context, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map((entry) => join(entry.parentPath, entry.name));
		for (const place of folders) {
			for (const name of names) {
				if (name !== "__pycache__") writeFileSync(join(place, name), "left");
				else {
					mkdirSync(join(place, name));
					writeFileSync(join(place, name, "x"), "left");
				}
			}
		}
	}
	chmodSync(join(folder, "debbase/context/aptinstall"), 0o666);
});
afterAll(() => {
	for (const copy of [folder, clean]) rmSync(copy, { recursive: true });
	execFileSync("docker", ["image", "rm", "--force", IMAGE], { stdio: "ignore" });
});

/** Build an image with all that Docker takes of a context. */
function build(context: string): void {
	writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . /\nCMD none\n");
	docker("build", "--quiet", `--tag=${IMAGE}`, context);
}

/** Names and modes of what is in a container of that image. */
async function content(prepare: (container: string) => Promise<void> = async () => {}) {
	const container = docker("create", IMAGE);
	try {
		await prepare(container);
		const list = `docker export ${container} | tar --list --verbose | sed -E 's/ .* / /'`;
		return execFileSync("sh", ["-c", list], { encoding: "utf8" }).split("\n").sort();
	} finally {
		docker("rm", container);
	}
}

it.each(["debbase", "pybuild"])("docker build takes what the key of %s has", async (name) => {
	const names = [];
	for (const copy of [folder, clean]) {
		build(join(copy, name, "context"));
		names.push((await content()).map((line) => line.split(" ")[1]).sort());
	}
	expect(names[0]).toEqual(names[1]);
});

it("a step takes what the key of python has, with the same modes", async () => {
	build(join(clean, "debbase/context"));
	const copies = [];
	for (const copy of [folder, clean])
		copies.push(await content((container) => copyInto(container, `${copy}/python/context/.`, "/")));
	expect(copies[0]).toContain("-rw-r--r-- install");
	expect(copies[0]).toEqual(copies[1]);
});
