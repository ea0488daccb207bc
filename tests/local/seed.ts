import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { StackPlan } from "../../commands/plan/plan.ts";
import { type Checkout, docker } from "./checkout.ts";

/** Where the tests keep what they built, so that each is built once on a machine. */
const CACHE = "localhost/debian-python/tests";

/** What takes long to build, in the order in which it is built, and does not know its repository. */
const KEPT: readonly string[] = ["base", "debbase", "pybuild", "package"];

/** Keep what a checkout built for the tests that come after. */
export async function keepImages(checkout: Checkout, artefacts = KEPT): Promise<void> {
	for (const tag of await tags(checkout, artefacts))
		docker("tag", `${checkout.repository}:${tag}`, `${CACHE}:${tag}`);
}

/**
 * Have a checkout's images under their names in a repository without building them, where a test has
 * built the same ones before: the keys in the names say that they are the same.
 *
 * @param artefacts a part of the kept ones, in their order; all by default.
 */
export async function seedImages(
	checkout: Checkout,
	repository: string,
	artefacts = KEPT,
): Promise<void> {
	const wanted = await tags(checkout, artefacts);
	const isKept = (tag: string) => docker("image", "ls", "--quiet", `${CACHE}:${tag}`) !== "";
	if (!wanted.every(isKept)) {
		const release = await lock();
		try {
			if (!wanted.every(isKept)) {
				for (const tag of wanted.filter(isKept))
					docker("tag", `${CACHE}:${tag}`, `${checkout.repository}:${tag}`);
				// Also where the stack file names a registry.
				await checkout.build(["-c", "registry=none", "--target", artefacts.at(-1) ?? ""]);
				await keepImages(checkout, artefacts);
			}
		} finally {
			release();
		}
	}
	for (const tag of wanted) docker("tag", `${CACHE}:${tag}`, `${repository}:${tag}`);
}

/** Wait until no other file builds for the cache; returns what lets the next one. */
async function lock(): Promise<() => void> {
	const file = join(tmpdir(), "tests-debian-python.lock");
	// cat ends with its input, so with this process too, however that ends.
	const held = execa("flock", [file, "sh", "-c", "echo locked; exec cat"]);
	await once(held.stdout, "data");
	return () => held.stdin.end();
}

/** The tags of a checkout's artefacts, with their keys. */
async function tags(checkout: Checkout, artefacts: readonly string[]): Promise<string[]> {
	const args = ["commands/plan/main.ts", "--stack", checkout.stack, "--json"];
	const { stdout } = await execa("node", args, { cwd: checkout.folder });
	const plan = JSON.parse(stdout) as StackPlan;
	return plan.artefacts
		.filter(({ artefact }) => artefacts.includes(artefact))
		.map(({ artefact, key }) => `${artefact}-${key}`);
}
