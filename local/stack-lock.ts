import { withLock } from "../components/step/lock.ts";
import type { Run } from "./handlers.ts";

/** Do something with a stack that no other run in this checkout does meanwhile; say where it waits. */
export function withStackLock<T>(
	stack: string,
	{ report, signal }: Pick<Run, "report" | "signal">,
	work: () => Promise<T>,
): Promise<T> {
	const onWait = () =>
		report.line(`another run of the stack ${stack} is under way here: waiting for its end`);
	return withLock(`packages/${stack}/.lock`, onWait, signal, work);
}
