import { copyFrom, holdImage } from "../step/container.ts";
import type { Step } from "../step/step.ts";
/** A wheel of a wheelhouse. */
export interface HousedWheel {
	/** Normalised name of the distribution. */
	readonly name: string;
	/** Of its file, in hexadecimal. */
	readonly sha256: string;
	/** Its layer in the wheelhouse, counted from 0: it has the same neighbours in the app's. */
	readonly layer: number;
}

/** The wheels of a wheelhouse, by its index (PEP 691). Its image is in the daemon. */
export async function readWheels(
	step: Step,
	wheelhouse: string,
	platform: string,
): Promise<HousedWheel[]> {
	const holder = await holdImage(step, wheelhouse, platform);
	const { files } = await copyFrom(holder, "/simple", (path) => path.endsWith(".json"));
	const page = (path: string) => JSON.parse(String(files.get(`simple/${path}index.json`)));
	const { projects } = page("") as { projects: readonly { name: string; _layer: number }[] };
	return projects.map(({ name, _layer: layer }) => {
		const [file] = (page(`${name}/`) as ProjectPage).files;
		return { name, sha256: file.hashes.sha256, layer };
	});
}

/** A project's page in a wheelhouse's index, which has one file. */
interface ProjectPage {
	readonly files: readonly [{ readonly hashes: { readonly sha256: string } }];
}

/** The wheels of each layer, in their order. */
export function wheelLayers(wheels: readonly HousedWheel[]): HousedWheel[][] {
	const layers = [...Map.groupBy(wheels, ({ layer }) => layer)];
	return layers.sort(([a], [b]) => a - b).map(([, group]) => group);
}
