import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { writeWhole } from "../../components/step/file.ts";
import { runStep, type Step } from "../../components/step/step.ts";
import {
	commandLine,
	configOption,
	runCommand,
	stackOption,
	valuesOption,
} from "../../local/command-line.ts";
import { type AppsOptions, benchApps } from "./apps/bench.ts";
import { appsMarkdown } from "./apps/report.ts";
import { measure } from "./measure.ts";
import { programs, quickPrograms } from "./programs.ts";
import { writeReport } from "./report.ts";
import { parseSubject, type Subject, stackSubjects } from "./subjects.ts";
import { summarise } from "./summary.ts";

/** Rounds over all programs and images, and values of each program in a round. */
const FULL = { programs, rounds: 3, values: 3, starts: 4 };
const QUICK = { programs: quickPrograms, rounds: 1, values: 1, starts: 1 };

/** Rounds over all builds of an app. */
const APP_ROUNDS = 1;

const command = commandLine(
	"npm run bench",
	"Compare the stack's Python with others, in one interleaved run, and write a table and a plot.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.addOption(
		valuesOption(
			"--image <name=image>",
			"another image to compare, whose python3 is on its PATH; may be repeated",
		),
	)
	.option("--reference <name>", "what the others are compared with (default: upstream)")
	.option("--output <folder>", "where bench.md and bench.svg go", "docs")
	.option(
		"--apps",
		"compare how an app is built instead: with uv's Docker guide (takes root and BuildKit)",
	)
	.option("--quick", "three programs, one round, and nothing that has to be compiled for it")
	.action(({ quick = false, ...options }) =>
		runStep(async (step) => {
			if (options.apps) return appsReport(step, { ...options, quick });
			const others = options.image.map(parseSubject);
			const stack = await stackSubjects(step, { ...options, quick });
			const { base, subjects: own, settings } = stack;
			const subjects = [...own, ...others];
			const reference = findReference(subjects, options.reference);
			const plan = quick ? QUICK : FULL;
			const measured = await measure(step, subjects, plan, settings);
			const rows = await summarise(measured, reference, base);
			const machine = await machineName();
			return writeReport(options.output, { rows, reference: reference.name, plan, machine });
		}),
	);

await runCommand(command);

function machineName(): Promise<string> {
	const format = "a machine with {{.NCPU}} processors ({{.Architecture}})";
	return docker(["info", "--format", format]);
}

/** Measure how an app is built, and write bench-apps.md. */
async function appsReport(
	step: Step,
	options: Omit<AppsOptions, "rounds"> & { readonly output: string },
): Promise<object> {
	const [ours, others] = await benchApps(step, { ...options, rounds: APP_ROUNDS });
	if (ours === undefined || others === undefined) throw new Error("nothing was measured");
	const table = join(options.output, "bench-apps.md");
	const report = { ours, others, rounds: APP_ROUNDS, machine: await machineName() };
	await mkdir(options.output, { recursive: true });
	await writeWhole(table, appsMarkdown(report));
	return { table };
}

/** Without a wish upstream's, and where that is not there, Debian's. */
function findReference(subjects: readonly Subject[], name: string | undefined): Subject {
	const found =
		name === undefined
			? (subjects.find((subject) => subject.name === "upstream") ?? subjects[1])
			: subjects.find((subject) => subject.name === name);
	if (found !== undefined) return found;
	const known = subjects.map((subject) => subject.name).join(", ");
	throw new StepError(
		`--reference ${JSON.stringify(name)}: there is no such image`,
		`known: ${known}`,
	);
}
