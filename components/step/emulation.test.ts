import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { canEmulate } from "./emulation.ts";

/** What Debian's qemu-user-static registers. */
const ARM64 = `enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: PF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "binfmt-"));
	writeFileSync(join(folder, "status"), "enabled\n");
	writeFileSync(join(folder, "register"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

const can = (architecture: "amd64" | "arm64") => canEmulate(architecture, release(), folder);

it("is there where it is registered for containers", () => {
	writeFileSync(join(folder, "qemu-aarch64"), ARM64);
	expect([can("arm64"), can("amd64")]).toEqual([true, false]);
});

it.each([
	["nothing is registered", ""],
	["it is switched off", ARM64.replace("enabled", "disabled")],
	["containers would need its file", ARM64.replace("flags: PF", "flags: P")],
	["it is for other files", ARM64.replace("7f454c46", "cafebabe")],
])("is not where %s", (_, text) => {
	if (text !== "") writeFileSync(join(folder, "qemu-aarch64"), text);
	expect(can("arm64")).toBe(false);
});

it("is unknown of another machine, and where the kernel does not tell", () => {
	writeFileSync(join(folder, "qemu-aarch64"), ARM64);
	expect(canEmulate("arm64", "5.10.0-other", folder)).toBeUndefined();
	expect(canEmulate("arm64", undefined, folder)).toBeUndefined();
	expect(canEmulate("arm64", release(), join(folder, "none"))).toBeUndefined();
});
