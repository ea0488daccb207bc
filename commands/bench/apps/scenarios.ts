import { appendFile, cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What changed in an app since it was built last. */
export type Change = "nothing" | "code" | "pure requirement" | "compiled requirement";

/** A build that is timed. */
export interface Scenario {
	/** What the table calls it. */
	readonly name: string;
	readonly change: Change;
	/**
	 * `cold`: on a runner and in registries that have nothing of the app; `warm`: where it was built before;
	 * `empty`: on another runner, which has nothing but the registry.
	 */
	readonly runner: "cold" | "warm" | "empty";
}

const CHANGES: readonly Change[] = ["nothing", "code", "pure requirement", "compiled requirement"];

/** All of them, in their order: what is cold makes the runner that is warm then. */
export const scenarios: readonly Scenario[] = [
	{ name: "cold", change: "nothing", runner: "cold" },
	...CHANGES.map((change) => ({ name: change, change, runner: "warm" }) as const),
	...CHANGES.map(
		(change) => ({ name: `${change}, empty runner`, change, runner: "empty" }) as const,
	),
];

/**
 * Other versions of a requirement, one for each build with a change of it: one that was built before is
 * no change. Pure Python; compiled here.
 */
const VERSIONS: Readonly<
	Partial<Record<Change, readonly [name: string, from: string, to: readonly string[]]>>
> = {
	"pure requirement": ["idna", "3.10", ["3.9", "3.8", "3.7", "3.6"]],
	"compiled requirement": ["markupsafe", "3.0.2", ["3.0.1", "3.0.0", "3.0.3", "2.1.5"]],
};

/** How many rounds have versions. */
export const MOST_ROUNDS = 2;

/** The text of pyproject.toml after the nth change of a requirement. */
export function changedProject(text: string, change: Change, count: number): string {
	const [name, from, to] = VERSIONS[change] ?? ["", "", []];
	return text.replace(`"${name}==${from}"`, `"${name}==${to[count]}"`);
}

/** Write the app's folder: its files, without a lock. */
export async function writeApp(context: string, folder: string): Promise<void> {
	await cp(context, folder, { recursive: true });
	await rename(join(folder, "dockerignore"), join(folder, ".dockerignore"));
}

/** Make the nth change of a kind in an app's folder. */
export async function makeChange(folder: string, change: Change, count: number): Promise<void> {
	if (change === "code") return appendFile(join(folder, "server.py"), `\n# change ${count}\n`);
	const file = join(folder, "pyproject.toml");
	await writeFile(file, changedProject(await readFile(file, "utf8"), change, count));
}
