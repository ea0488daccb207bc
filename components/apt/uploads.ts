import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { needImage } from "../distribution/daemon.ts";
import { keyIn } from "../image-name.ts";
import { readPackages } from "../package/files.ts";
import { holdImage } from "../step/container.ts";
import type { InputsOf } from "../step/definition.ts";
import type { Step } from "../step/step.ts";
import { type Entry, entryName, poolFolder } from "./entries.ts";
import { describeDebs } from "./index-files.ts";
import type { publishStep } from "./step.ts";
import type { Store } from "./store.ts";

/** The .debs of images, for one publication: each is read once, and uploaded once. */
export class Uploads {
	readonly #step: Step;
	readonly #store: Store;
	readonly #inputs: Pick<InputsOf<typeof publishStep>, "SUITE" | "PLATFORM">;
	readonly #described = new Map<string, readonly Entry[]>();
	/** Those that are not uploaded, by their paths in the repository. */
	readonly #debs = new Map<string, Buffer>();

	constructor(
		step: Step,
		store: Store,
		inputs: Pick<InputsOf<typeof publishStep>, "SUITE" | "PLATFORM">,
	) {
		this.#step = step;
		this.#store = store;
		this.#inputs = inputs;
	}

	/** What an index says of an image's .debs. */
	async describe(image: string): Promise<readonly Entry[]> {
		const known = this.#described.get(image);
		if (known !== undefined) return known;
		const root = this.#step.createFolder();
		for (const [path, deb] of await this.#read(image)) {
			await mkdir(dirname(join(root, path)), { recursive: true });
			await writeFile(join(root, path), deb);
			this.#debs.set(path, deb);
		}
		const entries = await describeDebs(root);
		this.#described.set(image, entries);
		return entries;
	}

	/** Have an image's .debs in the repository. */
	async upload(image: string): Promise<void> {
		for (const entry of await this.describe(image)) {
			const deb = this.#debs.get(entry.filename);
			if (deb === undefined) continue;
			this.#step.progress(`publish ${entryName(entry)} in ${this.#inputs.SUITE}`);
			await this.#store.write(entry.filename, deb);
			this.#debs.delete(entry.filename);
		}
	}

	async #read(image: string): Promise<(readonly [path: string, deb: Buffer])[]> {
		await needImage(image, this.#step.signal);
		const container = await holdImage(this.#step, image, this.#inputs.PLATFORM);
		const random = randomBytes(4).toString("hex");
		const folder = poolFolder(this.#inputs.SUITE, keyIn(image) ?? "", new Date(), random);
		const files = [...(await readPackages(container, "/packages"))];
		return files
			.filter(([name]) => name.endsWith(".deb"))
			.map(([name, deb]) => [`${folder}/${name}`, deb]);
	}
}
