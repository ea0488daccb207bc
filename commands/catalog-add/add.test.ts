import { createHash } from "node:crypto";
import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findSeries, seriesOf } from "../../stacks/cpython.ts";
import { newSigner, type Signer, vendorKey } from "../../tests/gpg.ts";
import { Sigstore } from "../../tests/sigstore.ts";
import { addRelease, type Surroundings, type Verified } from "./add.ts";

/*
 * The whole command but its network: tarballs that were made and signed here, with the real catalog
 * and release managers of this test in place of the real ones.
 */

const folder = mkdtempSync(join(tmpdir(), "catalog-add-"));
const catalog = join(folder, "cpython.ts");
const keys = join(folder, "keys");
const hugo = { identity: "hugo@example.org", issuer: "https://accounts.example.org" };
let thomas: Signer;
let sigstore: Sigstore;
let surroundings: Surroundings;

beforeAll(async () => {
	mkdirSync(keys);
	thomas = await newSigner("Thomas");
	vendorKey(keys, thomas);
	sigstore = await Sigstore.start();
	surroundings = {
		catalog,
		keys,
		seriesOf: (version) => {
			const series = seriesOf(version);
			const manager =
				series === findSeries("3.13") ? thomas.manager : { name: "Hugo", sigstore: hugo };
			return series && { ...series, releaseManagers: [manager] };
		},
		trustRoot: async () => ({ root: sigstore.trustedRoot, from: "this test" }),
		say: () => {},
	};
});
beforeEach(() => copyFileSync("stacks/cpython.ts", catalog));
afterAll(() => {
	sigstore.stop();
	rmSync(folder, { recursive: true });
});

/** A source tarball with no more than its version, without signature. */
async function makeSource(version: string, patchlevel = version): Promise<string> {
	const include = join(folder, `Python-${version}`, "Include");
	mkdirSync(include, { recursive: true });
	const header = `/* Version as a string */\n#define PY_VERSION      \t"${patchlevel}"\n`;
	writeFileSync(join(include, "patchlevel.h"), header);
	const file = join(folder, `Python-${version}.tar.xz`);
	await execa("tar", ["-C", folder, "-cJf", file, `Python-${version}`]);
	for (const suffix of [".asc", ".sigstore"]) rmSync(file + suffix, { force: true });
	return file;
}

async function sign(file: string, by: Signer = thomas): Promise<void> {
	writeFileSync(`${file}.asc`, await by.sign(readFileSync(file)));
}

function add(version: string, file?: string): Promise<Verified> {
	return addRelease(version, file, surroundings);
}

describe("a release that verifies is added, once", () => {
	it("by a signature of GPG", async () => {
		const file = await makeSource("3.13.99");
		await sign(file);
		const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
		expect(await add("3.13.99", file)).toEqual({ sha256, added: true });
		const text = readFileSync(catalog, "utf8");
		expect(text).toContain(`xzTarball("3.13.99", "${sha256}"),`);
		expect(await add("3.13.99", file)).toEqual({ sha256, added: false });
		expect(readFileSync(catalog, "utf8")).toBe(text);
	});

	it("by a bundle of sigstore", async () => {
		const file = await makeSource("3.15.0rc9");
		writeFileSync(`${file}.sigstore`, await sigstore.sign(readFileSync(file), hugo));
		expect(await add("3.15.0rc9", file)).toMatchObject({ added: true });
		expect(readFileSync(catalog, "utf8")).toContain('xzTarball("3.15.0rc9"');
	});

	it("and the catalog is TypeScript that has it", async () => {
		const file = await makeSource("3.13.99");
		await sign(file);
		const { sha256 } = await add("3.13.99", file);
		const changed: typeof import("../../stacks/cpython.ts") = await import(catalog);
		expect(changed.findRelease("3.13.99")).toEqual({
			version: "3.13.99",
			format: "tar.xz",
			sha256,
		});
	});
});

describe("refused, and the catalog is as it was:", () => {
	async function refused(message: string | RegExp, version: string, file?: string): Promise<void> {
		await expect(add(version, file)).rejects.toThrow(message);
		expect(readFileSync(catalog, "utf8")).toBe(readFileSync("stacks/cpython.ts", "utf8"));
		expect(readdirSync(folder)).not.toContain("cpython.ts.partial");
	}

	it("no version of a known series", async () => {
		await refused('"3.13" is no full version of CPython; write one such as 3.14.8', "3.13");
		await refused("2.7.18: the catalog has no series 2.7; known: 3.4, ", "2.7.18");
	});

	it("no signature", async () => {
		const file = await makeSource("3.13.99");
		await refused("there is no signature beside it; put it there", "3.13.99", file);
	});

	it("no tarball", async () => {
		const file = join(folder, "Python-3.13.98.tar.xz");
		writeFileSync(`${file}.asc`, "");
		await refused("cannot be read: ENOENT", "3.13.98", file);
		await refused("is no source tarball", "3.13.98", `${file}.asc`);
	});

	it("a tarball that was changed after it was signed", async () => {
		const file = await makeSource("3.13.99");
		await sign(file);
		writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from("\n")]));
		await refused("does not verify", "3.13.99", file);
	});

	it("a key that is not the release manager's", async () => {
		const file = await makeSource("3.13.99");
		await sign(file, await newSigner("Thomas"));
		await refused("does not verify", "3.13.99", file);
	});

	it("an identity that is not the release manager's", async () => {
		const file = await makeSource("3.14.99");
		const other = { ...hugo, identity: "other@example.org" };
		writeFileSync(`${file}.sigstore`, await sigstore.sign(readFileSync(file), other));
		await refused("who is no release manager of the series", "3.14.99", file);
	});

	it("an older release under a newer one's name", async () => {
		const older = await makeSource("3.13.98");
		await sign(older);
		await refused("has no Python-3.13.99/Include/patchlevel.h", "3.13.99", older);
		const renamed = await makeSource("3.13.99", "3.13.98");
		await sign(renamed);
		await refused("is the source of Python 3.13.98, not 3.13.99", "3.13.99", renamed);
	});

	it("another hash than the catalog's", async () => {
		const file = await makeSource("3.13.5");
		await sign(file);
		await refused("the catalog has Python 3.13.5 with other content", "3.13.5", file);
	});

	it("a series whose release manager's key is not here", async () => {
		rmSync(join(keys, `${thomas.manager.gpg}.asc`));
		const where = join(keys, `${thomas.manager.gpg}.asc`);
		await refused(
			`no signature of CPython 3.13 can be checked: the GPG key of its release manager is not in ${keys}; export the key from a keyserver (gpg --armor --export FINGERPRINT): Thomas's as ${where}`,
			"3.13.99",
			await makeSource("3.13.99"),
		);
		vendorKey(keys, thomas);
	});
});
