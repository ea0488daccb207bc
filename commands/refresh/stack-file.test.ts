import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { editStackFile, editText } from "./stack-file.ts";

const FILE = `# A comment at the top.
secretsprovider: awskms://alias/key   # stays


config:
    debian-python:release:   bookworm
    # Why this base.
    debian-python:base: 'debian:bookworm-slim@sha256:00'  # pinned
    debian-python:pythonVersion: "3.13.5"
    # Of the release manager.
    debian-python:sourceSha256: abc
    debian-python:packageRelease: 7
    aws:region: eu-central-1
# At the end, without a newline`;

const edit = (edits: Record<string, string | undefined>, text = FILE) =>
	editText("Pulumi.test.yaml", text, edits);

describe("an edit", () => {
	it("changes the values alone, and keeps how they are quoted", () => {
		const edits = {
			base: "debian:bookworm-slim@sha256:11",
			pythonVersion: "3.13.15",
			packageRelease: "1",
		};
		expect(edit(edits)).toBe(
			FILE.replace("sha256:00'", "sha256:11'")
				.replace('"3.13.5"', '"3.13.15"')
				.replace("packageRelease: 7", "packageRelease: 1"),
		);
	});

	it("takes a key out with its line and the comment above it", () => {
		expect(edit({ sourceSha256: undefined })).toBe(
			FILE.replace(/ {4}# Of the release manager\.\n.*sourceSha256.*\n/, ""),
		);
	});

	it("reaches into the entries of a list, in either style", () => {
		const list = `config:
  debian-python:pythons:
    # The default.
    - version: "3.13.5"
      packageRelease: 4 # of ours
      sourceSha256: abc
    - {version: "3.12.1", packageRelease: 2}
`;
		const edits = {
			"pythons[0].version": "3.13.15",
			"pythons[0].packageRelease": "1",
			"pythons[0].sourceSha256": undefined,
			"pythons[1].version": "3.12.14",
			"pythons[1].packageRelease": "1",
		};
		expect(edit(edits, list)).toBe(
			list
				.replace('"3.13.5"', '"3.13.15"')
				.replace("packageRelease: 4", "packageRelease: 1")
				.replace("      sourceSha256: abc\n", "")
				.replace('"3.12.1", packageRelease: 2', '"3.12.14", packageRelease: 1'),
		);
		expect(() => edit({ "pythons[2].version": "3.14.7" }, list)).toThrow(/by hand/);
	});

	it("of nothing gives the same bytes, also with the line ends of Windows", () => {
		const windows = FILE.replaceAll("\n", "\r\n");
		expect(edit({}, windows)).toBe(windows);
		expect(edit({ packageRelease: "1" }, windows)).toBe(windows.replace(": 7", ": 1"));
	});

	it.each(["3.13.15", "20261122T000000Z", "a: b", "# no comment", "*no alias", "1e3"])(
		"of %s is read back as it was written",
		(value) => {
			const text = edit({ base: value, pythonVersion: value });
			const { config } = parse(text) as { config: Record<string, unknown> };
			expect(config["debian-python:base"]).toBe(value);
			expect(config["debian-python:pythonVersion"]).toBe(value);
		},
	);

	it.each([
		["a key that is not there", "config:\n  debian-python:release: bookworm\n"],
		["no config", "secretsprovider: x\n"],
		["an alias", "config:\n  debian-python:x: &b debian:1\n  debian-python:base: *b\n"],
		["an anchor", "config:\n  debian-python:base: &b debian:1\n  debian-python:x: *b\n"],
		["a list", "config:\n  debian-python:base: [debian:1]\n"],
	])("of %s is refused with what to do", (_, text) => {
		expect(() => edit({ base: "debian:2" }, text)).toThrow(
			/^Pulumi\.test\.yaml: the value of base is not written plainly.*write base: debian:2 by hand$/,
		);
	});
});

describe("a stack file", () => {
	const root = process.cwd();
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "stack-file-"));
		process.chdir(folder);
		writeFileSync("Pulumi.test.yaml", FILE);
	});
	afterEach(() => {
		process.chdir(root);
		rmSync(folder, { recursive: true });
	});

	it("keeps its mode, and leaves nothing beside it", async () => {
		chmodSync("Pulumi.test.yaml", 0o640);
		// What a killed run left.
		writeFileSync("Pulumi.test.yaml.partial", "config:");
		await editStackFile("test", { packageRelease: "1" });
		expect(readFileSync("Pulumi.test.yaml", "utf8")).toContain("packageRelease: 1\n");
		expect(statSync("Pulumi.test.yaml").mode & 0o777).toBe(0o640);
		expect(readdirSync(".")).toEqual(["Pulumi.test.yaml"]);
	});

	it("stays as it was where an edit is refused", async () => {
		await expect(editStackFile("test", { packageRelease: "1", snapshot: "2" })).rejects.toThrow();
		expect(readFileSync("Pulumi.test.yaml", "utf8")).toBe(FILE);
		expect(readdirSync(".")).toEqual(["Pulumi.test.yaml"]);
	});
});
