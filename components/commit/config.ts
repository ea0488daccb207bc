import { CONFIG_FIELDS, imageConfig } from "../step/docker.ts";
import { StepError } from "../step/error.ts";
import { applyInstructions, type ComparedConfig } from "../step/instructions.ts";

/**
 * See that a committed image has the config of the image that it was made from, but for what the
 * program changes: docker commit keeps all that the container was created with.
 *
 * @param from undefined: nothing, of an image from scratch.
 * @param changes Dockerfile instructions.
 * @throws StepError with the first field that differs; values, which may be secrets, are not told.
 */
export async function checkConfig(
	image: string,
	from: string | undefined,
	changes: readonly string[],
	labels: Readonly<Record<string, string>>,
): Promise<void> {
	const [found = {}, base = {}] = await Promise.all([
		imageConfig(image),
		from === undefined ? undefined : imageConfig(from),
	]);
	const difference = configDifference(found, expectedConfig(base, changes, labels));
	if (difference === undefined) return;
	throw new StepError(
		`gate config: ${difference}, which neither ${from ?? "an image from scratch"} has nor the program sets`,
		"look at what docker create adds on this machine (docker inspect of a new container), then run again",
	);
}

/** The config of an image that is made of one with another, by Dockerfile instructions and labels. */
export function expectedConfig(
	base: ComparedConfig,
	changes: readonly string[],
	labels: Readonly<Record<string, string>>,
): ComparedConfig {
	const config = applyInstructions(base, changes);
	return { ...config, Labels: { ...(config.Labels as object | null), ...labels } };
}

/** Where a config differs from the expected one, without values; undefined where it does not. */
export function configDifference(
	found: ComparedConfig,
	expected: ComparedConfig,
): string | undefined {
	for (const field of CONFIG_FIELDS) {
		const [own, wanted] = [entries(found[field]), entries(expected[field])];
		const more = [...own].find((entry) => !wanted.has(entry));
		const [differs] = more === undefined ? [...wanted].filter((entry) => !own.has(entry)) : [more];
		if (differs === undefined) continue;
		const name = /^[\w.-]+(?==)/.exec(differs)?.[0];
		return `${field} ${more === undefined ? "lacks" : "has"} ${name ?? "something else"}`;
	}
	return undefined;
}

/** A field's content as lines whose order does not matter: of lists other than Env it does. */
function entries(value: unknown): Set<string> {
	if (value === undefined || value === null || value === "" || value === "/") return new Set();
	if (Array.isArray(value) && value.every((each) => /^\w+=/.test(String(each))))
		return new Set(value as string[]);
	if (typeof value === "object" && !Array.isArray(value))
		return new Set(Object.entries(value).map(([name, each]) => `${name}=${JSON.stringify(each)}`));
	return new Set([JSON.stringify(value)]);
}
