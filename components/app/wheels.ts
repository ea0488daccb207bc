import { copyFrom, holdImage } from "../step/container.ts";
import type { Step } from "../step/step.ts";
import type { SizedWheel } from "./groups.ts";

/** The wheels of a wheelhouse, by its index (PEP 691, PEP 700). Its image is in the daemon. */
export async function readWheels(
	step: Step,
	wheelhouse: string,
	platform: string,
): Promise<SizedWheel[]> {
	const holder = await holdImage(step, wheelhouse, platform);
	const { files } = await copyFrom(holder, "/simple");
	return [...files].flatMap(([path, content]) => {
		if (!/^simple\/[^/]+\/index\.json$/.test(path)) return [];
		const project = JSON.parse(content.toString()) as IndexPage;
		return [{ name: project.name, size: project.files[0].size }];
	});
}

/** A project's page in a wheelhouse's index, which has one file. */
interface IndexPage {
	readonly name: string;
	readonly files: readonly [{ readonly size: number }];
}
