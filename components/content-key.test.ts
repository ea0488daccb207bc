import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentKey } from "./content-key.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "content-key-"));
	mkdirSync(join(folder, "sub"));
	writeFileSync(join(folder, "script"), "#!/bin/sh\n");
	writeFileSync(join(folder, "sub/file"), "text");
	chmodSync(join(folder, "script"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyOfFolder = () => contentKey({ folder: { context: folder } }).key;

describe("contentKey", () => {
	it("is 12 hexadecimal digits and keeps its inputs", () => {
		const { key, inputs } = contentKey({ release: 2, list: ["a", "b"], text: "t" });
		expect(key).toMatch(/^[0-9a-f]{12}$/);
		expect(inputs).toEqual({ list: "a b", release: "2", text: "t" });
	});

	it("does not depend on the order of inputs", () => {
		expect(contentKey({ a: "1", b: "2" })).toEqual(contentKey({ b: "2", a: "1" }));
	});

	it("differs wherever an input differs", () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.string()),
				fc.dictionary(fc.string(), fc.string()),
				(a, b) => {
					const same =
						JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
					expect(contentKey(a).key === contentKey(b).key).toBe(same);
				},
			),
		);
	});

	it("depends on a file's content, name, place and executable bit", () => {
		const keys = [keyOfFolder()];
		writeFileSync(join(folder, "sub/file"), "other");
		keys.push(keyOfFolder());
		writeFileSync(join(folder, "new"), "");
		keys.push(keyOfFolder());
		rmSync(join(folder, "new"));
		chmodSync(join(folder, "script"), 0o644);
		keys.push(keyOfFolder());
		rmSync(join(folder, "script"));
		symlinkSync("sub/file", join(folder, "script"));
		keys.push(keyOfFolder());
		expect(new Set(keys).size).toBe(keys.length);
	});

	it("does not depend on the umask or on times", () => {
		const before = keyOfFolder();
		chmodSync(join(folder, "script"), 0o700);
		chmodSync(join(folder, "sub/file"), 0o600);
		utimesSync(join(folder, "script"), 1, 1);
		expect(keyOfFolder()).toBe(before);
	});
});
