import { pushStep } from "../components/registry/step.ts";
import type { Problem } from "./problem.ts";
import { type CommandInputs, stepInputs } from "./step-inputs.ts";

/**
 * A published image that nobody signs, although the stack's config says who does.
 *
 * @param signing the config `signing`; undefined where it is not set.
 */
export function signingProblems(command: CommandInputs, signing: string | undefined): Problem[] {
	const push = stepInputs(pushStep, command);
	const isSigned = push?.KIND !== "published" || push.SIGNING !== undefined;
	if (signing === undefined || isSigned) return [];
	return [
		{
			key: "signing",
			reason: `is ${signing}, and nobody signs ${push.IMAGE}, which is published`,
			remedy:
				"give its push SIGNING, as pushImage does (components/registry/push.ts), or write signing: none",
		},
	];
}
