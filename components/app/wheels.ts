import { copyFrom, holdImage } from "../step/container.ts";
import type { Step } from "../step/step.ts";
import type { SizedWheel } from "./groups.ts";

/** A wheel of a wheelhouse. */
export interface HousedWheel extends SizedWheel {
	/** Of its file, in hexadecimal. */
	readonly sha256: string;
}

/** The wheels of a wheelhouse, by its index (PEP 691, PEP 700). Its image is in the daemon. */
export async function readWheels(
	step: Step,
	wheelhouse: string,
	platform: string,
): Promise<HousedWheel[]> {
	const holder = await holdImage(step, wheelhouse, platform);
	const { files } = await copyFrom(holder, "/simple");
	return [...files].flatMap(([path, content]) => {
		if (!/^simple\/[^/]+\/index\.json$/.test(path)) return [];
		const project = JSON.parse(content.toString()) as IndexPage;
		const [{ size, hashes }] = project.files;
		return [{ name: project.name, size, sha256: hashes.sha256 }];
	});
}

/** A project's page in a wheelhouse's index, which has one file. */
interface IndexPage {
	readonly name: string;
	readonly files: readonly [
		{ readonly size: number; readonly hashes: { readonly sha256: string } },
	];
}
