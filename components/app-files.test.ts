import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { folderOnDisk, listFiles } from "../stacks/apps/folder.ts";
import { appFiles, packFiles } from "./app-files.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "app-"));
	writeFileSync(join(folder, "main.py"), "print(1)\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const ownFiles = () => appFiles({ folder, ...listFiles(folderOnDisk(folder), folder) });

it.each(["requirements.txt", "pylock.toml"])("packs what the key has, without %s", async (lock) => {
	writeFileSync(join(folder, lock), "");
	const tar = (await packFiles(ownFiles(), "app")).toString("latin1");
	expect(tar).toContain("app/main.py");
	expect(tar).not.toContain(lock);
});

it("packs nothing that changed meanwhile", async () => {
	const files = ownFiles();
	writeFileSync(join(folder, "main.py"), "print(2)\n");
	await expect(packFiles(files, "app")).rejects.toThrow(/were changed while this ran; run again/);
});
