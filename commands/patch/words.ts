import { StepError } from "../../components/step/error.ts";
import type { LoadedPatch, PatchPlace } from "./place.ts";
import type { TestResult } from "./test.ts";

const RESULTS: Readonly<Record<Exclude<TestResult, "no compile">, string>> = {
	tested: "its tests fail without it, and pass with it",
	"no tests": "it brings no tests along",
};

/** What came of a patch's tests. */
export function testedText(
	{ patch }: LoadedPatch,
	result: Exclude<TestResult, "no compile">,
): string {
	return `${patch.name}: ${RESULTS[result]}`;
}

/** What came of bringing a patch in, and what is left to do. */
export function addedText(place: PatchPlace, { patch }: LoadedPatch, result: TestResult): string {
	const { stack, folder, isNamed } = place;
	const cves = patch.cves.length === 0 ? "" : ` (${patch.cves.join(", ")})`;
	const untested = `not tested yet, for want of a compile: ${compile(place)} && npm run patch -- test ${patch.name} -s ${stack}`;
	return [
		`${folder}/${patch.name}: ${patch.subject}${cves}`,
		`  ${result === "no compile" ? untested : RESULTS[result]}`,
		...(isNamed ? [] : [`  to use it, write patches: ${folder} into Pulumi.${stack}.yaml`]),
	].join("\n");
}

/** Of a patch that should be tested, and cannot. */
export function noCompile(place: PatchPlace, { patch }: LoadedPatch): StepError {
	return new StepError(
		`${patch.name} cannot be tested: no compile that has it is kept`,
		`make one: ${compile(place)}`,
	);
}

function compile({ stack, python }: PatchPlace): string {
	return `npm start -- -s ${stack} --target package${python.suffix}`;
}
