import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpythonSeries } from "../../stacks/cpython.ts";
import { newSigner, type Signer, vendorKey } from "../../tests/gpg.ts";
import { checkGpg, readKey } from "./gpg.ts";

const tarball = Buffer.from("the bytes of a tarball");
const keys = mkdtempSync(join(tmpdir(), "keys-"));
let first: Signer;
let second: Signer;

beforeAll(async () => {
	first = await newSigner("First Manager");
	second = await newSigner("Second Manager");
	for (const signer of [first, second]) vendorKey(keys, signer);
});
afterAll(() => rmSync(keys, { recursive: true }));

describe("a detached signature", () => {
	it("by any manager of the series is accepted", async () => {
		const managers = [first.manager, second.manager];
		for (const { manager, sign } of [first, second]) {
			expect(await checkGpg(tarball, await sign(tarball), managers, keys)).toBe(
				`${manager.name} (GPG key ${manager.gpg})`,
			);
		}
	});

	it("of other bytes is refused", async () => {
		const signature = await first.sign(Buffer.from("other bytes"));
		await expect(checkGpg(tarball, signature, [first.manager], keys)).rejects.toThrow(
			/^the GPG signature, by key [0-9A-F]{16}, does not verify: by the key of First Manager: /,
		);
	});

	it("by another series' manager is refused, and its key is named", async () => {
		const signature = await second.sign(tarball);
		await expect(checkGpg(tarball, signature, [first.manager], keys)).rejects.toThrow(
			`by key ${second.manager.gpg.slice(-16)}, does not verify`,
		);
	});

	it.each(["", "<html></html>", "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"])(
		"%j is none",
		async (text) => {
			await expect(checkGpg(tarball, Buffer.from(text), [first.manager], keys)).rejects.toThrow(
				/^the GPG signature (cannot be read: .*; fetch it again|.*does not verify: .*)$/,
			);
		},
	);

	it("counts at the time when it was made: before the key expired, not after", async () => {
		const signer = await newSigner("Expired", new Date("2020-01-01"));
		const publicKey = await signer.expiringAfter(365 * 24 * 60 * 60);
		vendorKey(keys, { ...signer, publicKey });
		const check = async (date: string) =>
			checkGpg(tarball, await signer.sign(tarball, new Date(date)), [signer.manager], keys);
		expect(await check("2020-06-01")).toContain("Expired");
		await expect(check("2021-06-01")).rejects.toThrow(
			/does not verify: by the key of Expired: .*expired.*; if that key is /,
		);
	});
});

describe("the file of a key", () => {
	it.each([
		["another key", () => second.publicKey, /holds the key [0-9A-F]{40}; export it again: /],
		["no key", () => "", /cannot be read: .*; export it again: /],
	])("with %s is refused", async (_, content, message) => {
		const file = join(keys, "wrong.asc");
		writeFileSync(file, content());
		await expect(readKey(file, first.manager.gpg)).rejects.toThrow(message);
	});

	it.each(readdirSync("stacks/keys"))("stacks/keys/%s is of a release manager", async (name) => {
		const fingerprint = name.replace(/\.asc$/, "");
		const managers = cpythonSeries.flatMap(({ releaseManagers }) => releaseManagers);
		expect(managers.map(({ gpg }) => gpg)).toContain(fingerprint);
		await readKey(join("stacks/keys", name), fingerprint);
	});
});
