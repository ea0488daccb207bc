import type { Checkout, RunOutputs } from "./checkout.ts";
import { docker } from "./checkout.ts";

/** Where the tests keep packages that they compiled, so that each is compiled once on a machine. */
const CACHE = "debian-python/test-packages";

/**
 * Have a checkout's package under its name in a repository without compiling it, where a test has
 * compiled the same one before: the key in the name says that it is the same.
 */
export async function seedPackage(checkout: Checkout, repository: string): Promise<void> {
	const { stdout } = await checkout.run(["--preview", "--json"]);
	const { key } = (JSON.parse(stdout) as RunOutputs).package;
	const cached = `${CACHE}:package-${key}`;
	if (docker("image", "ls", "--quiet", cached) === "") {
		await checkout.build(["--target", "package"]);
		docker("tag", `${checkout.repository}:package-${key}`, cached);
	}
	docker("tag", cached, `${repository}:package-${key}`);
}
