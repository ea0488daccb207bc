import * as pulumi from "@pulumi/pulumi";
import { needSecretKeys } from "../components/apt/gpg.ts";
import { type PublishInputs, publishInputs } from "../components/apt/inputs.ts";
import { aptText, lookAtApt } from "../components/apt/look.ts";
import type { FormerOutputs } from "./former.ts";
import type { MadePlatform } from "./platform.ts";

/** What a stack publishes for apt. */
export interface MadeApt {
	/** What the outputs say of it, with each package; undefined where it publishes nothing. */
	readonly output: { place: string; suite: string; keys: readonly string[] } | undefined;
	/** What a preview says of it. */
	readonly lines: readonly string[];
}

/** Publish a stack's packages for apt, those of each platform on their own, where it does. */
export async function makeApt(
	platforms: readonly MadePlatform[],
	former: FormerOutputs | undefined,
): Promise<MadeApt> {
	let output: MadeApt["output"];
	const lines: string[] = [];
	let willPublish = false;
	let bucket: readonly pulumi.Resource[] | undefined;
	for (const made of platforms) {
		const { settings, pythons, opts } = made;
		const packages = pythons.map(({ python, package: { image } }) => ({ python, image }));
		const inputs = await publishInputs(settings, packages);
		if (inputs === undefined) break;
		const name = `apt${settings.platformSuffix}`;
		const { line, isDue } = await look(name, inputs);
		lines.push(line);
		willPublish ||= isDue;
		// Loaded by whom it serves.
		const { AptRepository } = await import("../components/apt/apt.ts");
		const args = { settings, inputs, packages: pythons.map((each) => each.package), bucket };
		// What is new runs by itself.
		const isLost = isDue && former?.package?.apt !== undefined;
		({ bucket } = new AptRepository(name, { ...args, isLost }, opts));
		output = { place: inputs.PLACE, suite: inputs.SUITE, keys: inputs.KEYS };
	}
	if (willPublish && output && !pulumi.runtime.isDryRun()) await warnOfKeys(output.keys);
	return { output, lines };
}

async function look(name: string, inputs: PublishInputs) {
	const look = await lookAtApt(inputs);
	if (look.problem !== undefined && !pulumi.runtime.isDryRun())
		void pulumi.log.warn(`nobody can tell what the apt repository has: ${look.problem}`);
	return { line: `${name}: ${aptText(look)}`, isDue: look.due !== "" };
}

/** Nothing but the publication fails without a key, and that comes last: after a compile. */
async function warnOfKeys(keys: readonly string[]): Promise<void> {
	try {
		await needSecretKeys(keys);
	} catch (error) {
		void pulumi.log.warn(`what is made cannot be published for apt: ${(error as Error).message}`);
	}
}
