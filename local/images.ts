import * as pulumi from "@pulumi/pulumi";
import { type PublishInputs, publishInputs } from "../components/apt/inputs.ts";
import type { StackImage } from "../components/image.ts";
import type { AwsPlace } from "../components/registry/address.ts";
import { usableAddress } from "../infra/address.ts";
import { stackImages } from "../infra/images.ts";
import { ownValues } from "../infra/settings.ts";
import { perPlatform } from "../stacks/platforms.ts";
import { readSettings, type Settings } from "../stacks/settings.ts";
import type { StackConfig } from "./stack-config.ts";

/**
 * The settings of a stack, by its config.
 *
 * @param today the day on which support dates are judged.
 * @throws ConfigError where values are refused.
 */
export function configuredSettings(
	stack: string,
	{ project, config }: StackConfig,
	today = new Date(),
): Settings {
	return readSettings(ownValues(project, config), { project, stack, today });
}

/**
 * The images that the program would make of a stack, by their names in its registry, in the order in
 * which they need each other.
 *
 * @throws RunError or StepError where the registry cannot be used from here.
 */
export async function configuredImages(
	settings: Settings,
	{ config }: StackConfig,
): Promise<StackImage[]> {
	return stackImages(settings, await configuredRepository(settings, { config }));
}

/**
 * Where the images of a stack are named; see {@link usableAddress}.
 *
 * @throws RunError or StepError where the registry cannot be used from here.
 */
export async function configuredRepository(
	settings: Settings,
	{ config }: Pick<StackConfig, "config">,
): Promise<string> {
	// Where AWS is asked, in the region that the stack file may have.
	pulumi.runtime.setAllConfig(config);
	return (await usableAddress(settings, awsPlace)).repository;
}

/**
 * What a stack publishes for apt, by its artefact; see {@link publishInputs}.
 *
 * @param images as {@link configuredImages} has them.
 * @throws StepError where AWS does not tell which bucket that is.
 */
export async function configuredApt(
	settings: Settings,
	{ config }: Pick<StackConfig, "config">,
	images: readonly StackImage[],
): Promise<(readonly [artefact: string, inputs: PublishInputs])[]> {
	pulumi.runtime.setAllConfig(config);
	const platforms = perPlatform(settings).map(async (each) => {
		const packages = each.pythons.flatMap((python) =>
			images
				.filter(({ artefact }) => artefact === `package${python.suffix}${each.platformSuffix}`)
				.map((image) => ({ python, image })),
		);
		const inputs = await publishInputs(each, packages, awsPlace);
		return inputs === undefined ? [] : [[`apt${each.platformSuffix}`, inputs] as const];
	});
	return (await Promise.all(platforms)).flat();
}

/** AWS's SDK takes longer to load than most of what is asked: only for who is there. */
async function awsPlace(): Promise<AwsPlace> {
	return (await import("./aws.ts")).awsPlace();
}
