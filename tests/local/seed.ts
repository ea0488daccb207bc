import type { Checkout, RunOutputs } from "./checkout.ts";
import { docker } from "./checkout.ts";

/** Where the tests keep packages that they compiled, so that each is compiled once on a machine. */
const CACHE = "debian-python/test-packages";

/** Keep the package that a checkout compiled for the tests that come after. */
export function keepPackage({ repository }: Checkout, key: string): void {
	docker("tag", `${repository}:package-${key}`, `${CACHE}:package-${key}`);
}

/**
 * Have a checkout's package under its name in a repository without compiling it, where a test has
 * compiled the same one before: the key in the name says that it is the same.
 */
export async function seedPackage(checkout: Checkout, repository: string): Promise<void> {
	const { stdout } = await checkout.run(["--preview", "--json"]);
	const { key } = (JSON.parse(stdout) as RunOutputs).package;
	if (docker("image", "ls", "--quiet", `${CACHE}:package-${key}`) === "") {
		await checkout.build(["--target", "package"]);
		keepPackage(checkout, key);
	}
	docker("tag", `${CACHE}:package-${key}`, `${repository}:package-${key}`);
}
