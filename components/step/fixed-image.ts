import { CONFIG_FIELDS, type InspectedImage, imageHistory, inspectImage } from "./docker.ts";
import { answerError } from "./docker-error.ts";
import { sha256 } from "./file.ts";
import { loadImage } from "./load-image.ts";

/*
 * docker commit writes into an image's config when and of which container it was made, so that the same
 * layers are another image each time. Here such an image gets a config of what is the same whenever and
 * wherever it is made. Its layers stay where they are.
 */

/** What {@link fixImage} needs. */
export interface FixedImage {
	/** ID or name of the image that docker commit or docker import made. */
	readonly committed: string;
	/** ID of the image whose container that was; undefined: it is from scratch. */
	readonly from?: string | undefined;
	/** The name that the new image gets. */
	readonly name: string;
	/** The moment that the image is of: by default that of the one that it was made from. */
	readonly created?: Date | undefined;
}

/**
 * Make of an image that docker commit made the same one with a config that only follows from its content.
 *
 * @returns its ID.
 */
export async function fixImage({ committed, from, name, created }: FixedImage): Promise<string> {
	const [image, parent] = await Promise.all([
		inspect(committed),
		from === undefined ? undefined : inspect(from),
	]);
	const [own, below] = await Promise.all([readHistory(image), parent ? readHistory(parent) : []]);
	const moment = created ?? new Date(parent?.Created ?? 0);
	// A commit that changes no file makes no layer, and no line of the history.
	const isLayer = layersOf(image).length > (parent ? layersOf(parent).length : 0);
	const history = [...below, ...own.slice(isLayer ? -1 : own.length)];
	const config = fixedConfig(image, history, moment);
	await loadImage({
		committed,
		name,
		config,
		layers: layersOf(image),
		parent: isLayer && parent ? fixedParent(parent, below) : undefined,
	});
	return (await inspect(name)).Id;
}

/** The image that one was made from, where it was made here too. */
function fixedParent(parent: InspectedImage, history: readonly HistoryEntry[]) {
	const config = fixedConfig(parent, history, new Date(parent.Created));
	return parent.Id === `sha256:${sha256(config)}` ? { id: parent.Id, config } : undefined;
}

/** An image's configuration (OCI image specification). */
function fixedConfig(
	image: InspectedImage,
	history: readonly HistoryEntry[],
	created: Date,
): string {
	const { Architecture, Variant, Os, Config } = image;
	const fields = CONFIG_FIELDS.map((field) => [field, (Config as Record<string, unknown>)[field]]);
	return JSON.stringify({
		architecture: Architecture,
		...(Variant && { variant: Variant }),
		os: Os,
		created: moment(created),
		config: Object.fromEntries(fields.filter(([, value]) => !isEmpty(value))) as object,
		rootfs: { type: "layers", diff_ids: layersOf(image) },
		history: history.map((entry) => ({
			created: moment(entry.created < created ? entry.created : created),
			...(entry.createdBy !== "" && { created_by: entry.createdBy }),
			...(entry.comment !== "" && { comment: entry.comment }),
			...(!entry.isLayer && { empty_layer: true }),
		})),
	});
}

/** Engines differ in which fields they leave out. */
function isEmpty(value: unknown): boolean {
	if (value === undefined || value === null || value === "") return true;
	return typeof value === "object" && Object.keys(value).length === 0;
}

/** Whole seconds, as the history has them. */
function moment(date: Date): string {
	return `${date.toISOString().slice(0, -".000Z".length)}Z`;
}

/** A line of an image's history. */
interface HistoryEntry {
	readonly created: Date;
	readonly createdBy: string;
	readonly comment: string;
	/** Whether it made a layer. */
	readonly isLayer: boolean;
}

/**
 * The history of an image, the oldest line first. Of those without any bytes the daemon does not tell
 * which have a layer, such as one of folders: the newest, as many as there are such layers. A base may have
 * less history than layers.
 */
async function readHistory(image: InspectedImage): Promise<HistoryEntry[]> {
	const lines = await imageHistory(image.Id);
	let left = layersOf(image).length - lines.filter(({ Size }) => Size > 0).length;
	return lines
		.map(({ Created, CreatedBy, Comment, Size }) => ({
			created: new Date(Created * 1000),
			createdBy: CreatedBy,
			comment: Comment,
			isLayer: Size > 0 || left-- > 0,
		}))
		.reverse();
}

function layersOf({ RootFS }: InspectedImage): readonly string[] {
	return RootFS.Layers ?? [];
}

async function inspect(name: string): Promise<InspectedImage> {
	const image = await inspectImage(name);
	if (image === undefined) throw answerError(["image", "inspect"], `{"message":"no ${name}"}`);
	return image;
}
