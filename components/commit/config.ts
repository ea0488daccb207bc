import { CONFIG_FIELDS, imageConfig } from "../step/docker.ts";
import { StepError } from "../step/error.ts";

/** An image's config, as docker image inspect has it; what is empty may be left out, or null. */
export type ComparedConfig = Readonly<Partial<Record<(typeof CONFIG_FIELDS)[number], unknown>>>;

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

/** A config with Dockerfile instructions applied to it. */
export function expectedConfig(
	base: ComparedConfig,
	changes: readonly string[],
	labels: Readonly<Record<string, string>>,
): ComparedConfig {
	const config: Record<string, unknown> = {
		...base,
		Labels: { ...(base.Labels as object | null), ...labels },
	};
	for (const change of changes) {
		const [, instruction = "", value = ""] = /^(\w+) (.*)$/.exec(change) ?? [];
		switch (instruction) {
			case "CMD":
				config.Cmd = JSON.parse(value);
				break;
			case "ENTRYPOINT":
				config.Entrypoint = JSON.parse(value);
				break;
			case "ENV":
				config.Env = withVariable((config.Env as string[] | null) ?? [], unquoted(value));
				break;
			case "WORKDIR":
				config.WorkingDir = value;
				break;
			case "USER":
				config.User = value;
				break;
			case "STOPSIGNAL":
				config.StopSignal = value;
				break;
			case "EXPOSE":
				config.ExposedPorts = { ...(config.ExposedPorts as object | null), [value]: {} };
				break;
			case "HEALTHCHECK":
				config.Healthcheck = healthcheck(value);
				break;
			default:
				throw new Error(`gate config does not know ${instruction}`);
		}
	}
	return config;
}

/** Without what quoteInstruction put there. */
function unquoted(variable: string): string {
	const [, name, value = ""] = /^(\w+)="(.*)"$/.exec(variable) ?? [];
	return name === undefined ? variable : `${name}=${value.replace(/\\([\\"$])/g, "$1")}`;
}

/** `--interval=10s ... CMD ["program"]` as an image's config has it: times in nanoseconds. */
function healthcheck(value: string): object {
	const [, flags = "", command = ""] = /^(.*?)CMD (.*)$/.exec(value) ?? [];
	const seconds = (flag: string) =>
		Number(new RegExp(`--${flag}=(\\d+)s`).exec(flags)?.[1] ?? 0) * 1e9;
	return {
		Test: ["CMD", ...(JSON.parse(command) as string[])],
		Interval: seconds("interval"),
		Timeout: seconds("timeout"),
		StartPeriod: seconds("start-period"),
	};
}

function withVariable(variables: readonly string[], variable: string): string[] {
	const name = variable.slice(0, variable.indexOf("=") + 1);
	return [...variables.filter((other) => !other.startsWith(name)), variable];
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
