import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Checkout, type Ended } from "./checkout.ts";

/*
 * npm run catalog:add with a real release and its real signature, from wherever this machine gets
 * them: python.org, or the Debian mirror's pool, which keeps 3.13.5 as long as it has trixie.
 */

const MINUTE = 60_000;
const CATALOG = "stacks/cpython.ts";
const original = readFileSync(CATALOG, "utf8");
const entry = /\t{3}xzTarball\("3\.13\.5".*\n/;
let checkout: Checkout;

beforeAll(() => {
	checkout = new Checkout({ hasStacks: true });
});
afterAll(() => checkout.remove());

async function add(...args: string[]): Promise<Ended> {
	const command = ["run", "--silent", "catalog:add", "--", ...args];
	const { exitCode, stdout, stderr } = await execa("npm", command, {
		cwd: checkout.folder,
		reject: false,
	});
	return { exitCode, stdout, stderr };
}

function catalog(): string {
	return readFileSync(join(checkout.folder, CATALOG), "utf8");
}

it(
	"writes a release whose signature it verified, and only once",
	async () => {
		checkout.write(CATALOG, original.replace(entry, ""));
		expect(catalog()).not.toContain('"3.13.5"');
		const first = await add("3.13.5");
		expect(first).toMatchObject({ exitCode: 0 });
		expect(first.stderr).toMatch(/==> signed by Thomas Wouters \((GPG key|sigstore:) /);
		expect(first.stdout).toMatch(/^Python 3\.13\.5, sha256 93e583f2[0-9a-f]{56}, is now in stacks/);
		// The entry that was there, but for its comment.
		expect(catalog()).toBe(original.replace(entry, (text) => text.replace(/ \/\/.*/, "")));

		const second = await add("3.13.5");
		expect(second.stdout).toContain("was already in stacks/cpython.ts, with this hash");
	},
	5 * MINUTE,
);

it.each([
	[["3.99.0"], "3.99.0: the catalog has no series 3.99"],
	[[], "one version is wanted"],
	[["3.13.5", "3.13.6"], "one version is wanted"],
	[["--flie", "x"], "Unknown option '--flie'"],
])("says in one line what is wrong with %j", async (args, message) => {
	const before = catalog();
	const { exitCode, stdout, stderr } = await add(...args);
	expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
	expect(stderr).toMatch(/^error: .*$/);
	expect(stderr).toContain(message);
	expect(catalog()).toBe(before);
});
