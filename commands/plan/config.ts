import { configuredSettings } from "../../local/images.ts";
import { readStackConfig, type StackConfig } from "../../local/stack-config.ts";
import { debianReleases, isCodename } from "../../stacks/debian.ts";
import { parseImageReference } from "../../stacks/image-reference.ts";
import { ConfigError, type Settings } from "../../stacks/settings.ts";

/** A stack's config, and its settings. */
export interface Planned {
	readonly config: StackConfig;
	readonly settings: Settings;
}

/** A stack by its file, and with other values in place of the file's. */
export interface Plans {
	/** Undefined where the file itself is refused: there is nothing to compare with. */
	readonly before: Planned | undefined;
	readonly after: Planned;
	/** Keys whose values differ, with an empty text for none. */
	readonly edits: readonly { key: string; before: string; after: string }[];
}

/**
 * Read a stack's file, and read it once more with other values.
 *
 * A release brings its base along: where the file's base is an image of Debian's own, and no other is
 * given, it becomes the catalog's image of the new release.
 *
 * @param sets `key=value`, in place of the file's values.
 * @throws StepError where there is no such stack; ConfigError where the values are refused.
 */
export function readPlans(stack: string, sets: readonly string[], today = new Date()): Plans {
	const file = readStackConfig(stack, []);
	const config = withItsBase(file, readStackConfig(stack, sets));
	const settings = configuredSettings(stack, config, today);
	return {
		before: readBefore(stack, file, today),
		after: { config, settings },
		edits: edits(file, config),
	};
}

/** A stack whose support has ended since is still what it is. */
function readBefore(stack: string, file: StackConfig, today: Date): Planned | undefined {
	const { project } = file;
	const config = {
		project,
		config: { ...file.config, [`${project}:allowUnsupported`]: "true" },
	};
	try {
		return { config, settings: configuredSettings(stack, config, today) };
	} catch (error) {
		if (error instanceof ConfigError) return undefined;
		throw error;
	}
}

function withItsBase(file: StackConfig, changed: StackConfig): StackConfig {
	const { project } = file;
	const [from, to] = [file, changed].map(({ config }) => ({
		release: config[`${project}:release`] ?? "",
		base: config[`${project}:base`] ?? "",
	})) as [Based, Based];
	const follows =
		from.base !== "" &&
		from.base === to.base &&
		from.release !== to.release &&
		isCodename(to.release) &&
		isDebians(from);
	if (!follows) return changed;
	const { baseImage } = debianReleases[to.release];
	return { project, config: { ...changed.config, [`${project}:base`]: baseImage } };
}

interface Based {
	readonly release: string;
	readonly base: string;
}

/** Whether a base is of the repository that the catalog has for the release. */
function isDebians({ release, base }: Based): boolean {
	if (!isCodename(release)) return false;
	const [own, debians] = [base, debianReleases[release].baseImage].map(parseImageReference);
	if (typeof own !== "object" || typeof debians !== "object") return false;
	return own.host === undefined && own.path === debians.path;
}

function edits({ project, config: before }: StackConfig, { config: after }: StackConfig) {
	return Object.keys({ ...before, ...after })
		.filter((key) => before[key] !== after[key])
		.map((key) => ({
			key: key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key,
			before: before[key] ?? "",
			after: after[key] ?? "",
		}));
}
