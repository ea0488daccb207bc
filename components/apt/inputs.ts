import type { AptSettings, Settings, StackPython } from "../../stacks/settings.ts";
import type { StackImage } from "../image.ts";
import { debName } from "../package/package.ts";
import { type AwsPlace, invokeAws } from "../registry/address.ts";
import type { InputsOf } from "../step/definition.ts";
import type { publishStep } from "./step.ts";
import { S3 } from "./store.ts";

/** What the step that publishes a stack's packages gets. */
export type PublishInputs = InputsOf<typeof publishStep>;

/** One of a stack's Pythons, and the image with its .debs. */
export interface PackagedPython {
	readonly python: StackPython;
	readonly image: StackImage;
}

/**
 * What a stack publishes for apt, and where: known before anything is built. Undefined where it publishes nothing.
 *
 * @param awsPlace asks AWS; by default Pulumi's provider does, which needs Pulumi's engine.
 * @throws where AWS is asked and has no credentials or region.
 */
export async function publishInputs(
	settings: Settings,
	packages: readonly PackagedPython[],
	awsPlace = invokeAws,
): Promise<PublishInputs | undefined> {
	const { apt, debian, architecture, platform, project } = settings;
	if (apt === undefined) return undefined;
	const titled = packages.map(({ python, image }) => {
		const { name, version } = debName({ debian, python, architecture });
		return [`${name} ${version} (${architecture})`, image.name];
	});
	return {
		...(await placeOf(apt, project, awsPlace)),
		SUITE: debian.codename,
		ORIGIN: project,
		IMAGES: Object.fromEntries(titled),
		PLATFORM: platform,
		KEYS: apt.keys,
		KEEP_DAYS: apt.keepDays,
		VALID_DAYS: apt.validDays,
	};
}

async function placeOf(
	{ place }: AptSettings,
	project: string,
	awsPlace: () => Promise<AwsPlace>,
): Promise<Pick<PublishInputs, "PLACE" | "REGION">> {
	if (place.kind === "folder") return { PLACE: place.folder, REGION: undefined };
	const { accountId, region } = await awsPlace();
	const { name = bucketName(project, accountId, region) } = place;
	return { PLACE: S3 + name, REGION: region };
}

/** Account and region are in it: it must be nobody else's on earth (S3 user guide, "Bucket naming rules"). */
function bucketName(project: string, accountId: string, region: string): string {
	return `${project.toLowerCase().replace(/[^a-z0-9-]/g, "-")}-apt-${accountId}-${region}`;
}
