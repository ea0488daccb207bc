import { gunzipSync } from "node:zlib";
import { keyIn } from "../image-name.ts";
import type { InputsOf } from "../step/definition.ts";
import { StepError } from "../step/error.ts";
import { sha256 } from "../step/file.ts";
import { ARCHITECTURES, type Entry, hasImage, parseEntries } from "./entries.ts";
import { byHashPath, indexPath } from "./index-files.ts";
import type { publishStep } from "./step.ts";
import { readThere, type Store } from "./store.ts";

/** What a suite of an apt repository says. */
export interface Suite {
	/** Of its InRelease; undefined where nothing is published yet. */
	readonly version: string | undefined;
	readonly entries: readonly Entry[];
	/** When it was made, and when its InRelease was written: whole seconds are all that apt sees. */
	readonly written: Date;
	/** Until when apt takes it. */
	readonly validUntil: Date;
	/** Fingerprints of the keys that signed it, as it says. */
	readonly keys: readonly string[];
}

/** What a suite says that is not published yet. */
const NOTHING: Suite = {
	version: undefined,
	entries: [],
	written: new Date(0),
	validUntil: new Date(0),
	keys: [],
};

/** Where a suite's InRelease is: the one file that changes, and by it all that the suite says. */
export function inReleasePath(suite: string): string {
	return `dists/${suite}/InRelease`;
}

/**
 * Read what a suite says now.
 *
 * @param signedText checks an InRelease, and returns what is signed of it.
 * @throws StepError where that refuses it, or files are lost or changed.
 */
export async function readSuite(
	store: Store,
	suite: string,
	signedText: (inRelease: Buffer) => Promise<string> | string,
): Promise<Suite> {
	const inRelease = await store.read(inReleasePath(suite));
	if (inRelease === undefined) return NOTHING;
	const release = await signedText(inRelease.content);
	const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(release)?.[1] ?? "";
	const made = new Date(field("Date"));
	const indexes = ARCHITECTURES.map((each) => readIndex(store, suite, release, each));
	const entries = (await Promise.all(indexes)).flat();
	return {
		version: inRelease.version,
		// What is for all architectures is in each index.
		entries: [...new Map(entries.map((entry) => [entry.text, entry])).values()],
		written: made > inRelease.modified ? made : inRelease.modified,
		validUntil: new Date(field("Valid-Until")),
		keys: field("Signed-By").split(","),
	};
}

async function readIndex(
	store: Store,
	suite: string,
	release: string,
	architecture: string,
): Promise<Entry[]> {
	const name = `${indexPath(architecture)}.gz`;
	const line = release.split("\n").find((each) => each.endsWith(` ${name}`)) ?? "";
	const sum = line.trim().split(" ")[0] ?? "";
	const path = `dists/${suite}/${byHashPath(architecture, sum)}`;
	const content = await readThere(store, path);
	if (sha256(content) !== sum)
		throw new StepError(
			`the apt repository's ${path} was changed`,
			"bring it back from a copy; or remove the suite's InRelease, so that its stacks publish anew",
		);
	return parseEntries(gunzipSync(content).toString());
}

/** What of a suite is not as a stack wants it. */
export interface Due {
	/** The images whose packages it does not have, and what is told of these. */
	readonly missing: readonly { readonly title: string; readonly image: string }[];
	/** Why it is to be signed anew, if it is: less than half of its time is left, or the keys are others. */
	readonly toSign: string | undefined;
}

/** What is due of a suite, by the inputs of the step that publishes. */
export function dueOf(
	suite: Suite,
	{
		IMAGES,
		KEYS,
		VALID_DAYS,
	}: Pick<InputsOf<typeof publishStep>, "IMAGES" | "KEYS" | "VALID_DAYS">,
	now = new Date(),
): Due {
	const images = Object.entries(IMAGES).map(([title, image]) => ({ title, image }));
	const left = suite.validUntil.getTime() - now.getTime();
	const isOld = left < (VALID_DAYS * 24 * 60 * 60 * 1000) / 2;
	const sorted = (keys: readonly string[]) => [...keys].sort().join();
	return {
		missing: images.filter(({ image }) => !hasImage(suite.entries, keyIn(image) ?? "")),
		toSign:
			sorted(KEYS) !== sorted(suite.keys)
				? "aptKeys are others"
				: isOld
					? `valid until ${suite.validUntil.toISOString().slice(0, 10)}`
					: undefined,
	};
}

/** Whether anything is. */
export function isDue({ missing, toSign }: Due): boolean {
	return missing.length > 0 || toSign !== undefined;
}
