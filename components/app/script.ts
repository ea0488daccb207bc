import { makePristineContainer, mountedScript, runContainer } from "../step/container.ts";
import type { Step } from "../step/step.ts";

/** Where the scripts of an app's layers run. */
export interface ScriptSite {
	readonly platform: string;
	/** The volume that has them and the wheels. */
	readonly volume: string;
}

/** What {@link runScript} runs. */
export interface Script {
	/** Its name. */
	readonly script: string;
	readonly args: readonly string[];
	/** Further ones of docker create. */
	readonly options?: readonly string[];
	/** Gets each line that it says, which is shown too. */
	readonly onLine?: (line: string) => void;
}

/** Make a container that runs a script in an image, or is committed as if it had. */
export function makeScriptContainer(
	step: Step,
	image: string,
	{ platform, volume }: ScriptSite,
	{ script, args, options = [] }: Script,
): Promise<string> {
	return makePristineContainer(step, image, mountedScript(script, ...args), [
		`--platform=${platform}`,
		`--volume=${volume}:/mnt:ro`,
		// Nothing of it gets into the layer.
		"--tmpfs=/tmp:exec",
		...options,
	]);
}

/** Run a script in an image. */
export async function runScript(
	step: Step,
	image: string,
	site: ScriptSite,
	script: Script,
): Promise<{ container: string; said: readonly string[] }> {
	const container = await makeScriptContainer(step, image, site, script);
	const said: string[] = [];
	await runContainer(step, container, (line) => {
		said.push(line);
		script.onLine?.(line);
		process.stderr.write(`${line}\n`);
	});
	return { container, said };
}
