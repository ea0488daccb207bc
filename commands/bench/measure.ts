import { makeContainer } from "../../components/step/container.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import type { Step } from "../../components/step/step.ts";
import type { Settings } from "../../stacks/settings.ts";
import { type Program, requirements } from "./programs.ts";
import { runQuietly, type Subject, scriptVolume } from "./subjects.ts";

/** How much is measured. */
export interface Plan {
	readonly programs: readonly Program[];
	/** How often all images and programs take turns. */
	readonly rounds: number;
	/** Values of one program in one round, after one that only warms up. */
	readonly values: number;
	/** Starts of each kind in one round. */
	readonly starts: number;
}

/** Times of one image, in seconds, by program or kind of start. */
export interface Measured {
	readonly subject: Subject;
	readonly programs: Map<string, number[]>;
	readonly starts: Map<string, number[]>;
}

/** What is timed from outside: `python3` with these arguments, to its end. */
export const startKinds: Readonly<Record<string, readonly string[]>> = {
	"without site": ["-I", "-S", "-c", "pass"],
	"with site": ["-c", "pass"],
	"usual imports": [
		"-c",
		"import asyncio, http.client, ssl, json, argparse, logging, unittest.mock",
	],
};

/** Where the volume with the programs is. /mnt is in every Debian root. */
const MOUNT = "/mnt";

/** What pyperf's workers take for one value while the loops of a program are found out, in seconds. */
const MIN_TIME = 0.1;

/**
 * Measure images beside each other: they take turns for each program, in each round in another
 * order, so that what else the machine does falls on all of them. The containers are read-only and
 * do not run as root, as in production; what pyperf imports is compiled once into a folder outside.
 */
export async function measure(
	step: Step,
	subjects: readonly Subject[],
	plan: Plan,
	settings: Settings,
): Promise<Measured[]> {
	const volume = await fillVolume(step, subjects[0]?.image ?? "", settings);
	const benches = [];
	for (const subject of subjects) benches.push(await makeBench(step, subject, volume, settings));
	const loops = new Map<Program, number>();
	for (let round = 0; round < plan.rounds; round++) {
		step.progress(`round ${round + 1} of ${plan.rounds}`);
		const order = [
			...benches.slice(round % benches.length),
			...benches.slice(0, round % benches.length),
		];
		for (const program of plan.programs) {
			const count = loops.get(program) ?? (await benches[0]?.calibrate(program)) ?? 1;
			loops.set(program, count);
			for (const bench of order) await bench.run(program, count, plan.values);
		}
		for (const bench of order) await bench.start(plan.starts);
	}
	return benches.map(({ measured }) => measured);
}

/** A volume with pyperf, pyperformance and the helpers; the images stay as they are. */
async function fillVolume(step: Step, image: string, settings: Settings): Promise<string> {
	step.progress("install pyperformance beside the images");
	const volume = await scriptVolume(step, image, settings);
	const lines = requirements.map((line) => `echo '${line}'`).join("; ");
	const certificates = settings.caBundle === undefined ? "" : `--cert ${MOUNT}/ca-bundle.crt`;
	const install = `{ ${lines}; } >${MOUNT}/requirements.txt
		python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-compile \
			${certificates} --require-hashes --requirement ${MOUNT}/requirements.txt --target ${MOUNT}/lib`;
	const container = await makeContainer(
		step,
		image,
		["sh", "-euc", install],
		[`--platform=${settings.platform}`, `--volume=${volume}:${MOUNT}`],
	);
	await runQuietly(step, container);
	return volume;
}

/** One image's container, and what was measured in it. */
interface Bench {
	readonly measured: Measured;
	/** How many loops of a program make a value that is long enough. */
	calibrate(program: Program): Promise<number>;
	run(program: Program, loops: number, values: number): Promise<void>;
	start(count: number): Promise<void>;
}

async function makeBench(
	step: Step,
	subject: Subject,
	volume: string,
	settings: Settings,
): Promise<Bench> {
	const container = await step.createContainer([
		`--platform=${settings.platform}`,
		"--read-only",
		"--tmpfs=/tmp:exec",
		"--user=65534:65534",
		"--network=none",
		"--init",
		`--cpuset-cpus=${await lastProcessor()}`,
		`--volume=${volume}:${MOUNT}:ro`,
		"--entrypoint=sleep",
		subject.image,
		// Longer than any measurement: what is killed leaves it running.
		"1d",
	]);
	await docker(["start", container]);
	const measured: Measured = { subject, programs: new Map(), starts: new Map() };
	const execute = (args: readonly string[], input = "") =>
		docker(["exec", "--interactive", ...args], { input, cancelSignal: step.signal }).catch(
			(error: Error) => {
				throw new StepError(
					`${subject.name} (${subject.image}): ${error.message}`,
					"try the image by hand",
				);
			},
		);
	const worker = async (program: Program, options: readonly string[]) =>
		JSON.parse(
			await execute([
				"--env=PYTHONHASHSEED=0",
				`--env=PYTHONPATH=${MOUNT}/clock:${MOUNT}/lib`,
				"--env=PYTHONPYCACHEPREFIX=/tmp/cache",
				container,
				"sh",
				"-euc",
				WORKER,
				"sh",
				`${MOUNT}/lib/pyperformance/data-files/benchmarks/bm_${program.folder}/run_benchmark.py`,
				...program.args,
				"--worker",
				"--worker-task=0",
				"--output=/tmp/result.json",
				...options,
			]),
		) as PyperfResult;
	return {
		measured,
		async calibrate(program) {
			const options = ["--calibrate-loops", "--warmups=0", "--values=1", `--min-time=${MIN_TIME}`];
			return loopsOf(await worker(program, options));
		},
		async run(program, loops, values) {
			const result = await worker(program, [
				`--loops=${loops}`,
				"--warmups=1",
				`--values=${values}`,
			]);
			add(measured.programs, program.name, valuesOf(result));
		},
		async start(count) {
			const output = await execute(
				[container, "python3", `${MOUNT}/starts`, String(count)],
				JSON.stringify(startKinds),
			);
			const times = JSON.parse(output) as Record<string, number[]>;
			for (const [kind, seconds] of Object.entries(times)) add(measured.starts, kind, seconds);
		},
	};
}

/** pyperf writes its result to a file only. Its last line may be about a value that is not steady. */
const WORKER =
	'rm -f /tmp/result.json; python3 "$@" >/tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; cat /tmp/result.json';

/** Of pyperf's JSON what is read here. */
export interface PyperfResult {
	readonly metadata?: { readonly loops?: number };
	readonly benchmarks: readonly {
		readonly runs: readonly {
			readonly metadata?: { readonly loops?: number };
			readonly values?: readonly number[];
		}[];
	}[];
}

/** The loops that a calibration found; pyperf puts what all runs share on top, and leaves out a 1. */
export function loopsOf(result: PyperfResult): number {
	return result.metadata?.loops ?? result.benchmarks[0]?.runs[0]?.metadata?.loops ?? 1;
}

function valuesOf(result: PyperfResult): readonly number[] {
	return result.benchmarks.flatMap(({ runs }) => runs.flatMap(({ values = [] }) => values));
}

function add(times: Map<string, number[]>, name: string, more: readonly number[]): void {
	times.set(name, [...(times.get(name) ?? []), ...more]);
}

/** The daemon's last processor: what else runs there tends to be on the others. */
async function lastProcessor(): Promise<number> {
	return Number(await docker(["info", "--format", "{{.NCPU}}"])) - 1;
}
