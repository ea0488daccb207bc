import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { StackPlan } from "../../commands/plan/plan.ts";
import { type Checkout, docker } from "./checkout.ts";

/** Where the tests keep what they built, so that each is built once on a machine. */
const CACHE = "localhost/debian-python/tests";

/** What a stack makes, in the order in which it is built. No key knows the repository. */
const ARTEFACTS = ["base", "debbase", "pybuild", "package", "python", "wheelbuild"] as const;

/** An artefact and all that is built before it. */
export function upTo(artefact: (typeof ARTEFACTS)[number]): readonly string[] {
	return ARTEFACTS.slice(0, ARTEFACTS.indexOf(artefact) + 1);
}

/** Keep what a checkout built for the tests that come after. */
export async function keepImages(checkout: Checkout): Promise<void> {
	copyNames(checkout.repository, CACHE, await keys(checkout, ARTEFACTS));
}

/**
 * Have a checkout's images under their names in a repository without building them, where a test has
 * built the same ones before: the keys in the names say that they are the same.
 *
 * @param artefacts in their order. By default those that take longest, for who looks at how the image
 * python is made: who only uses that says so.
 */
export async function seedImages(
	checkout: Checkout,
	repository: string,
	artefacts = upTo("package"),
): Promise<void> {
	const wanted = await keys(checkout, artefacts);
	const isWhole = () => wanted.every((key) => tagOf(CACHE, key) !== undefined);
	if (!isWhole()) {
		const release = await lock();
		try {
			if (!isWhole()) {
				copyNames(CACHE, checkout.repository, wanted);
				// Also where the stack file names a registry.
				await checkout.build(["-c", "registry=none", "--target", artefacts.at(-1) ?? ""]);
				copyNames(checkout.repository, CACHE, wanted);
			}
		} finally {
			release();
		}
	}
	copyNames(CACHE, repository, wanted);
}

/** Give to images of one repository their names in another, as far as they are there. */
function copyNames(from: string, to: string, wanted: readonly string[]): void {
	for (const tag of wanted.flatMap((key) => tagOf(from, key) ?? []))
		docker("tag", `${from}:${tag}`, `${to}:${tag}`);
}

/** The tag of the image with a key, in which there may be a version too. */
function tagOf(repository: string, key: string): string | undefined {
	return (
		docker("image", "ls", "--format", "{{.Tag}}", `${repository}:*-${key}`).split("\n")[0] ||
		undefined
	);
}

/** Wait until no other file builds for the cache; returns what lets the next one. */
async function lock(): Promise<() => void> {
	const file = join(tmpdir(), "tests-debian-python.lock");
	// cat ends with its input, so with this process too, however that ends.
	const held = execa("flock", [file, "sh", "-c", "echo locked; exec cat"]);
	await once(held.stdout, "data");
	return () => held.stdin.end();
}

/** The keys of a checkout's artefacts. */
async function keys(checkout: Checkout, artefacts: readonly string[]): Promise<string[]> {
	const args = ["commands/plan/main.ts", "--stack", checkout.stack, "--json"];
	const { stdout } = await execa("node", args, { cwd: checkout.folder });
	const plan = JSON.parse(stdout) as StackPlan;
	return plan.artefacts.flatMap(({ artefact, key }) => (artefacts.includes(artefact) ? [key] : []));
}
