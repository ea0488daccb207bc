import { StepError } from "../step/error.ts";

/** A package in an index. */
export interface Entry {
	readonly package: string;
	readonly version: string;
	readonly architecture: string;
	/** Path of the .deb from the repository's root. */
	readonly filename: string;
	/** Of the .deb. */
	readonly sha256: string;
	/** Its whole paragraph, as apt-ftparchive wrote it. */
	readonly text: string;
}

/** The architectures of a suite. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;

const DAY = 24 * 60 * 60 * 1000;

/** The packages of an index (deb-control(5): paragraphs, with an empty line between them). */
export function parseEntries(index: string): Entry[] {
	const paragraphs = index.split(/\n\n+/).filter((text) => text.trim() !== "");
	return paragraphs.map((text) => {
		const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
		return {
			package: field("Package"),
			version: field("Version"),
			architecture: field("Architecture"),
			filename: field("Filename"),
			sha256: field("SHA256"),
			text: text.trim(),
		};
	});
}

/** The index of an architecture. The same packages give the same text. */
export function indexText(entries: readonly Entry[], architecture: string): string {
	const texts = entries
		.filter((entry) => [architecture, "all"].includes(entry.architecture))
		.map(({ text }) => `${text}\n\n`);
	return [...new Set(texts)].sort().join("");
}

/**
 * The folder for the .debs of one publication. It is never one that was there before: so whoever removes
 * what no index names any more cannot take away what another one publishes meanwhile. Its name tells
 * which image they are of, and when they were published.
 *
 * @param key of the package's image.
 * @param random tells publications of one moment apart.
 */
export function poolFolder(suite: string, key: string, moment: Date, random: string): string {
	const stamp = moment.toISOString().replace(/[-:]|\.\d+/g, "");
	return `pool/${suite}/${key}/${stamp}-${random}`;
}

/** The key of the image that an entry's .deb is of, and the moment when it was published. */
function publication({ filename }: Entry): { key: string; moment: Date } {
	const [, key = "", stamp = ""] = /^pool\/[^/]+\/([^/]+)\/([^/-]+)-/.exec(filename) ?? [];
	const iso = stamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
	return { key, moment: new Date(iso) };
}

/** Whether an index has the packages of an image, by its key. They are published together. */
export function hasImage(entries: readonly Entry[], key: string): boolean {
	return entries.some((entry) => publication(entry).key === key);
}

/**
 * Add packages to those of an index.
 *
 * @throws StepError where one is there with other content: apt takes one version for one content.
 */
export function addEntries(
	former: readonly Entry[],
	added: readonly Entry[],
	suite: string,
): Entry[] {
	for (const entry of added) {
		const same = former.find((other) => identity(other) === identity(entry));
		if (same !== undefined && same.sha256 !== entry.sha256)
			throw new StepError(
				`${entryName(entry)} is published in ${suite} with other content, and what is published never changes`,
				"raise packageRelease",
			);
	}
	const identities = new Set(added.map(identity));
	return [...former.filter((entry) => !identities.has(identity(entry))), ...added];
}

/** How a package is told to a person: `cpython3.13 3.13.5-1+deb12 (amd64)`. */
export function entryName(entry: Pick<Entry, "package" | "version" | "architecture">): string {
	return `${entry.package} ${entry.version} (${entry.architecture})`;
}

function identity(entry: Entry): string {
	return entryName(entry);
}

/**
 * What stays of an index: of each package what was published last, and what it took the place of, for so
 * many days.
 */
export function keptEntries(entries: readonly Entry[], now: Date, keepDays: number): Entry[] {
	const oldest = now.getTime() - keepDays * DAY;
	return entries.filter((entry) => {
		const moment = publication(entry).moment.getTime();
		const later = entries
			.filter((other) => isSamePackage(other, entry))
			.map((other) => publication(other).moment.getTime())
			.filter((other) => other > moment);
		return later.length === 0 || Math.min(...later) >= oldest;
	});
}

function isSamePackage(one: Entry, other: Entry): boolean {
	return one.package === other.package && one.architecture === other.architecture;
}
