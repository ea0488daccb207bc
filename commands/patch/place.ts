import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { StepError } from "../../components/step/error.ts";
import { configuredSettings } from "../../local/images.ts";
import { readStackConfig, type StackConfig } from "../../local/stack-config.ts";
import { type PythonEntry, parsePythons, pathProblem } from "../../stacks/config-values.ts";
import { type Patch, readPatchSet, SERIES } from "../../stacks/patches/patch-set.ts";
import { isEntryOf } from "../../stacks/pythons.ts";
import { ConfigError, type Settings, type StackPython } from "../../stacks/settings.ts";
import { pythonName } from "../../stacks/variants.ts";

/** A patch and its bytes. */
export interface LoadedPatch {
	readonly patch: Patch;
	readonly content: Buffer;
}

/** A Python of a stack, and the folder of its patches, which need not be there. */
export interface PatchPlace {
	readonly stack: string;
	readonly config: StackConfig;
	/** As if no Python had patches: these may be what is wrong. */
	readonly settings: Settings;
	readonly python: StackPython;
	/** From the project root. */
	readonly folder: string;
	/** Whether the stack file names it. */
	readonly isNamed: boolean;
	readonly patches: readonly LoadedPatch[];
}

/**
 * Where the patches of a stack's Python are.
 *
 * @param name of the Python, such as 3.13 or 3.13t; the first one by default.
 * @throws StepError where the stack has no such Python; ConfigError where its config, or what is in the
 *   folder, is refused.
 */
export function patchPlace(stack: string, name: string | undefined): PatchPlace {
	// The apps have nothing to do with it.
	const config = readStackConfig(stack, ["apps="]);
	const { entries, bare } = withoutPatches(config);
	const settings = configuredSettings(stack, bare);
	const wanted = name ?? pythonName(settings.pythons[0]);
	const python = settings.pythons.find((each) => pythonName(each) === wanted);
	if (python === undefined) {
		const known = settings.pythons.map(pythonName).join(", ");
		throw new StepError(`the stack ${stack} has no Python ${wanted}`, `write one of ${known}`);
	}
	const [first] = entries;
	const entry = entries.length === 1 ? first : entries.find((each) => isEntryOf(each, python));
	const named = entry?.patches || undefined;
	const folder = named?.replace(/(?<=.)\/+$/, "") ?? `patches/${wanted}`;
	const problem = pathProblem(folder);
	if (problem !== undefined) throw new StepError(`patches: ${folder} ${problem}`, "rename it");
	const isNamed = named !== undefined;
	return { stack, config, settings, python, folder, isNamed, patches: load(stack, folder) };
}

/** The config without its patches, and the entries of its Pythons with them. */
function withoutPatches({ project, config }: StackConfig) {
	const text = (key: string) => config[`${project}:${key}`] ?? "";
	const listed = entriesOf(text("pythons"));
	const bare = {
		...config,
		[`${project}:patches`]: "",
		...(listed.length > 0 && {
			[`${project}:pythons`]: JSON.stringify(listed.map(({ patches: _, ...rest }) => rest)),
		}),
	};
	const short: PythonEntry = { patches: text("patches") };
	return { entries: listed.length > 0 ? listed : [short], bare: { project, config: bare } };
}

function entriesOf(text: string): readonly PythonEntry[] {
	try {
		return parsePythons(text || "[]");
	} catch {
		// The settings say what is wrong with it.
		return [];
	}
}

/** The patches that are there; none where there is no series, or an empty one. */
function load(stack: string, folder: string): LoadedPatch[] {
	const series = posix.join(folder, SERIES);
	if (!existsSync(series) || readFileSync(series, "utf8").trim() === "") return [];
	const set = readPatchSet(folder);
	if (Array.isArray(set)) throw new ConfigError(stack, set);
	return set.patches.map((patch) => ({
		patch,
		content: readFileSync(posix.join(folder, patch.name)),
	}));
}
