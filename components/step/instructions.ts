import type { CONFIG_FIELDS } from "./docker.ts";

/**
 * A value inside an instruction for docker commit and docker import: these are parsed as a Dockerfile,
 * where quotes, backslashes and `$` mean something (Dockerfile reference, "Environment replacement").
 */
export function quoteInstruction(value: string): string {
	return `"${value.replace(/[\\"$]/g, "\\$&")}"`;
}

/** Instructions that set labels. */
export function labelInstructions(labels: Readonly<Record<string, string>>): string[] {
	return Object.entries(labels).map(([name, value]) => `LABEL ${name}=${quoteInstruction(value)}`);
}

/** Instructions as options of docker commit and docker import. */
export function changeOptions(instructions: readonly string[]): string[] {
	return instructions.flatMap((instruction) => ["--change", instruction]);
}

/** An image's config, as docker image inspect has it; what is empty may be left out, or null. */
export type ComparedConfig = Readonly<Partial<Record<(typeof CONFIG_FIELDS)[number], unknown>>>;

/**
 * A config with Dockerfile instructions applied to it, of those kinds that this project writes.
 *
 * @throws Error for one of another kind.
 */
export function applyInstructions(
	base: ComparedConfig,
	instructions: readonly string[],
): ComparedConfig {
	const config: Record<string, unknown> = { ...base };
	for (const each of instructions) {
		const [, instruction = "", value = ""] = /^(\w+) (.*)$/.exec(each) ?? [];
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
			case "LABEL":
				config.Labels = { ...(config.Labels as object | null), ...label(value) };
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
				throw new Error(`${instruction} is no instruction that is known here`);
		}
	}
	return config;
}

/** Without what quoteInstruction put there. */
function unquoted(variable: string): string {
	const [, name, value = ""] = /^([\w.-]+)="(.*)"$/.exec(variable) ?? [];
	return name === undefined ? variable : `${name}=${value.replace(/\\([\\"$])/g, "$1")}`;
}

function label(value: string): object {
	const text = unquoted(value);
	const end = text.indexOf("=");
	return { [text.slice(0, end)]: text.slice(end + 1) };
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

/** In its place, as Docker has it, where the name is there already. */
function withVariable(variables: readonly string[], variable: string): string[] {
	const name = variable.slice(0, variable.indexOf("=") + 1);
	const index = variables.findIndex((other) => other.startsWith(name));
	return index < 0 ? [...variables, variable] : variables.with(index, variable);
}
