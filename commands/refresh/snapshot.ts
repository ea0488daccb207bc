import { StepError } from "../../components/step/error.ts";
import { type DebianRelease, snapshotArchives, snapshotTimestamps } from "../../stacks/debian.ts";
import { askJson } from "./ask.ts";

/**
 * The newest moment of snapshot.debian.org that stays what it is: the newest that all archives of the
 * release have reached, since a moment means the newest import until then.
 *
 * @throws StepError where the service does not answer.
 */
export async function newestSnapshot(release: DebianRelease): Promise<string> {
	const { result } = (await askJson(snapshotTimestamps)) as { result?: Record<string, string[]> };
	// Such a moment sorts as text.
	const newest = snapshotArchives(release).map((archive) =>
		[...(result?.[archive] ?? [])].sort().at(-1),
	);
	const moment = newest.some((value) => value === undefined) ? undefined : newest.sort()[0];
	if (moment === undefined)
		throw new StepError(
			`${snapshotTimestamps} lists no moment of ${snapshotArchives(release).join(" and ")}`,
			"run again later",
		);
	return moment;
}
