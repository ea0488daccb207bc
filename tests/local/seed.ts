import { formerName } from "../../components/step/registry.ts";
import type { Checkout, RunOutputs } from "./checkout.ts";
import { docker } from "./checkout.ts";

/** Where the tests keep packages that they compiled, so that each is compiled once on a machine. */
const CACHE = "localhost/debian-python/test-packages";

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
	const isThere = (name: string) => docker("image", "ls", "--quiet", name) !== "";
	const kept = `${CACHE}:package-${key}`;
	const former = formerName(kept) ?? "";
	if (!isThere(kept) && isThere(former)) docker("tag", former, kept);
	if (!isThere(kept)) {
		await checkout.build(["--target", "package"]);
		keepPackage(checkout, key);
	}
	docker("tag", kept, `${repository}:package-${key}`);
}
