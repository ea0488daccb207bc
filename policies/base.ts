import type { RemoteImageArgs } from "@pulumi/docker/remoteImage.js";
import type { Unwrap } from "@pulumi/pulumi";
import { bootstrapStep } from "../components/base/step.ts";
import { repositoryOf } from "../components/image-name.ts";
import { parseImageReference } from "../stacks/image-reference.ts";
import type { Problem } from "./problem.ts";
import { type CommandInputs, stepInputs } from "./step-inputs.ts";

/** An image that is built on another, which is neither the stack's own nor pinned by a digest. */
export function baseImageProblems({ name, build }: Unwrap<RemoteImageArgs>): Problem[] {
	const base = build?.buildArgs?.BASE;
	if (base === undefined || repositoryOf(base) === repositoryOf(name)) return [];
	const reference = parseImageReference(base);
	if (typeof reference === "object" && reference.digest !== undefined) return [];
	return [
		{
			key: "base",
			reason: `${base} is not pinned by a digest: its content can change unseen`,
			remedy: `write base: ${base}@sha256:<64 hexadecimal digits>; npm run refresh looks it up`,
		},
	];
}

/** A base that is bootstrapped from an archive that changes. */
export function bootstrapProblems(command: CommandInputs): Problem[] {
	const inputs = stepInputs(bootstrapStep, command);
	if (inputs === undefined || inputs.CREATED !== undefined || inputs.FROZEN_KEYS.length > 0)
		return [];
	return [
		{
			key: "snapshot",
			reason: "is not there: base archive is of the day on which it is bootstrapped",
			remedy: "write snapshot: and a moment such as 20260101T000000Z, or a base with a digest",
		},
	];
}
