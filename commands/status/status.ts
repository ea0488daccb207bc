import { availableParallelism } from "node:os";
import { execa } from "execa";
import pMap from "p-map";
import { StepError } from "../../components/step/error.ts";
import { compiles, type Plan } from "../../infra/plan.ts";
import { readStackConfig, type StackConfig } from "../../local/stack-config.ts";
import type { ConfigKey } from "../../stacks/config.ts";
import { type PythonEntry, parsePythons } from "../../stacks/config-values.ts";
import { type CPythonSeries, seriesOf } from "../../stacks/cpython.ts";
import { type DebianRelease, debianReleases, isCodename } from "../../stacks/debian.ts";
import { MINIMAL } from "../../stacks/minimal.ts";
import { stackNames } from "../../stacks/stack-repositories.ts";
import { type Variant, variants } from "../../stacks/variants.ts";
import type { Answer } from "./ask.ts";

/** A stack's program is given up on after so many ms: a registry that never answers is one row only. */
const ASK_TIMEOUT = 60_000;

/** So many ms may what is known of vulnerabilities take. */
const VULNERABLE_TIMEOUT = 20_000;

/** What there is to know of a stack. What its file lacks or has wrong is absent, and `next` says so. */
export interface StackStatus {
	readonly stack: string;
	readonly debian?: DebianRelease;
	/** Those of a series that the catalog has, as the stack file has them. */
	readonly pythons: readonly StatusPython[];
	readonly next: NextUp;
	/** How many known vulnerabilities its images have, or why nobody was asked. */
	readonly vulnerable: string;
}

/** A Python of a stack. */
export interface StatusPython {
	/** Such as 3.13.5. */
	readonly version: string;
	readonly series: CPythonSeries;
	/** Absent: the common build. */
	readonly variant?: Variant;
	/** The image that its entry is about; absent: python. */
	readonly image?: typeof MINIMAL;
	readonly packageRelease: string;
	/** The folder of its patches; absent: it has none. */
	readonly patches?: string;
}

/** What the next `up` would do, as far as this machine's Docker daemon and the registry tell. */
export interface NextUp {
	/** The most that happens: `compile` compiles CPython too. */
	readonly verdict: "reused" | "build" | "compile" | "unknown";
	/** The same by artefact, in the words of a preview; or why it is unknown. */
	readonly lines: readonly string[];
}

/** The status of every stack that has a file in the current folder, by name. Nothing is changed. */
export async function stackStatuses(): Promise<StackStatus[]> {
	return pMap(stackNames(), stackStatus, { concurrency: availableParallelism() });
}

async function stackStatus(stack: string): Promise<StackStatus> {
	const [answer, vulnerable] = await Promise.all([askProgram(stack), askVulnerable(stack)]);
	const next = nextUp(answer);
	try {
		return { stack, ...catalogFacts(readStackConfig(stack, [])), next, vulnerable };
	} catch (error) {
		// A file that is not YAML: the program could not read it either, so that next tells.
		if (!(error instanceof StepError)) throw error;
		return { stack, pythons: [], next, vulnerable };
	}
}

/** What the catalogs say of the values in a stack file, be these right or not as a whole. */
export function catalogFacts({
	project,
	config,
}: StackConfig): Omit<StackStatus, "stack" | "next" | "vulnerable"> {
	const release = config[`${project}:release`] ?? "";
	return {
		...(isCodename(release) && { debian: debianReleases[release] }),
		pythons: entriesOf((key) => config[`${project}:${key}`]).flatMap(
			({ version = "", packageRelease = "", patches = "", variant: name }) => {
				const series = seriesOf(version);
				if (series === undefined) return [];
				const variant = variants.find((each) => each === name);
				const own = {
					...(variant && { variant }),
					...(name === MINIMAL && { image: MINIMAL }),
					...(patches !== "" && { patches }),
				} as const;
				return [{ version, series, packageRelease, ...own }];
			},
		),
	};
}

/** The entries of `pythons`, or the one of the short form. */
function entriesOf(get: (key: ConfigKey) => string | undefined): PythonEntry[] {
	const packageRelease = get("packageRelease") ?? "";
	const patches = get("patches") ?? "";
	const variant = get("variant") ?? "";
	const single = { version: get("pythonVersion") ?? "", variant, packageRelease, patches };
	try {
		const entries = parsePythons(get("pythons") || "[]");
		return entries.length === 0 ? [single] : entries.map((entry) => ({ packageRelease, ...entry }));
	} catch {
		// The program's own error is among what the next up would do.
		return [single];
	}
}

async function askProgram(stack: string): Promise<Answer> {
	const program = `${import.meta.dirname}/ask.ts`;
	const asked = await execa(process.execPath, [program, stack], {
		timeout: ASK_TIMEOUT,
		reject: false,
	});
	// Its exit code does not count: Pulumi's SDK makes it 1 where a failure leaves promises open.
	const line = asked.stdout.split("\n").at(-1) ?? "";
	if (line.startsWith("{")) return JSON.parse(line) as Answer;
	if (asked.timedOut) return { problem: `no answer within ${ASK_TIMEOUT / 1000} seconds` };
	return { problem: asked.stderr.trim().split("\n").at(-1) || "its program told nothing" };
}

/** It has a proxy's settings of the environment, which registries are not asked with. */
async function askVulnerable(stack: string): Promise<string> {
	const program = `${import.meta.dirname}/../audit/count.ts`;
	const flags = ["--use-env-proxy", "--use-system-ca"];
	const { stdout } = await execa(process.execPath, [...flags, program, stack], {
		timeout: VULNERABLE_TIMEOUT,
		reject: false,
	});
	return stdout.split("\n").at(-1) || "not asked: no answer";
}

/** An answer in words. Artefacts that have the same fate for the same reason share a line. */
export function nextUp(answer: Answer): NextUp {
	if ("problem" in answer) return { verdict: "unknown", lines: answer.problem.split("\n") };
	const { plans, compile } = answer;
	const groups = Map.groupBy(plans, fateAndReason);
	const lines = [...groups].map(
		([fate, group]) => `${group.map(({ artefact }) => artefact).join(", ")}: ${fate}`,
	);
	return { verdict: verdict(plans), lines: [...lines, compile] };
}

function fateAndReason({ fate, why }: Plan): string {
	// A registry's error has the image's name, which would make each a reason of its own.
	const reason = why.replace(/ \S+-[0-9a-f]{12}(?=:)/, "");
	return reason === "" ? fate : `${fate}: ${reason}`;
}

function verdict(plans: readonly Plan[]): NextUp["verdict"] {
	const fates = plans.map(({ fate }) => fate);
	if (compiles(plans)) return "compile";
	if (fates.includes("unknown")) return "unknown";
	return fates.every((fate) => fate === "reused") ? "reused" : "build";
}
