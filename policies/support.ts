import { buildStep } from "../components/package/step.ts";
import { describeStep } from "../components/sbom/step.ts";
import { compatibility } from "../stacks/compatibility.ts";
import { profiles } from "../stacks/config-values.ts";
import { type CPythonSeries, seriesOf } from "../stacks/cpython.ts";
import { type Codename, codenames, type DebianRelease, debianReleases } from "../stacks/debian.ts";
import { isPastLts, supportLevel } from "../stacks/support.ts";
import type { Problem } from "./problem.ts";
import { type CommandInputs, stepInputs } from "./step-inputs.ts";

/** A package of a Python, or for a Debian release, whose support has ended before `today`. */
export function supportProblems(command: CommandInputs, today: Date): Problem[] {
	const inputs = stepInputs(describeStep, command);
	// Once for each Python: what else is described is made of its package.
	if (inputs === undefined || inputs.IMAGE !== inputs.PACKAGE) return [];
	const debian = debianReleases[inputs.DEBIAN.codename as Codename];
	const { version } = inputs.CPYTHON;
	const series = seriesOf(version);
	return [
		...(isPastLts(debian, today) ? [debianProblem(debian, today)] : []),
		...(series && hasEnded(series, today) ? [pythonProblem(version, series, debian, today)] : []),
	];
}

function hasEnded({ endOfLife }: CPythonSeries, today: Date): boolean {
	return supportLevel(endOfLife, today) === "ended";
}

function debianProblem({ codename, ltsEnd }: DebianRelease, today: Date): Problem {
	const supported = codenames.filter((name) => !isPastLts(debianReleases[name], today));
	return {
		key: "release",
		reason: `${codename} has had no free security support since its LTS ended on ${ltsEnd}`,
		remedy: `write release: ${supported.join(" or ")}`,
	};
}

function pythonProblem(
	version: string,
	{ series, endOfLife }: CPythonSeries,
	{ codename }: DebianRelease,
	today: Date,
): Problem {
	const supported = compatibility(version, codename).nearest.pythons.filter((other) => {
		const found = seriesOf(other);
		return found !== undefined && !hasEnded(found, today);
	});
	const others = supported.map((other) => `"${other}"`).join(" or ");
	return {
		key: "pythonVersion",
		reason: `${version}: CPython ${series} has had no security fixes since its end of life, ${endOfLife}`,
		remedy: others === "" ? "move to another release first" : `write pythonVersion: ${others}`,
	};
}

/** A Python that is compiled plainly, for trying things out. */
export function profileProblems(command: CommandInputs): Problem[] {
	const profile = stepInputs(buildStep, command)?.VARIABLES.PROFILE;
	if (profile !== "quick") return [];
	const others = profiles.filter((name) => name !== profile);
	return [
		{
			key: "profile",
			reason: `${profile} is for trying things out: neither PGO nor LTO`,
			remedy: `write profile: ${others.join(" or ")}`,
		},
	];
}
