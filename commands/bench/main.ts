import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { runStep } from "../../components/step/step.ts";
import {
	commandLine,
	configOption,
	runCommand,
	stackOption,
	valuesOption,
} from "../../local/command-line.ts";
import { measure } from "./measure.ts";
import { programs, quickPrograms } from "./programs.ts";
import { writeReport } from "./report.ts";
import { parseSubject, type Subject, stackSubjects } from "./subjects.ts";
import { summarise } from "./summary.ts";

/** Rounds over all programs and images, and values of each program in a round. */
const FULL = { programs, rounds: 3, values: 3, starts: 4 };
const QUICK = { programs: quickPrograms, rounds: 1, values: 1, starts: 1 };

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
	.option("--quick", "three programs, one round, and nothing that has to be compiled for it")
	.action(({ quick = false, ...options }) =>
		runStep(async (step) => {
			const others = options.image.map(parseSubject);
			const stack = await stackSubjects(step, { ...options, quick });
			const { base, subjects: own, settings } = stack;
			const subjects = [...own, ...others];
			const reference = findReference(subjects, options.reference);
			const plan = quick ? QUICK : FULL;
			const measured = await measure(step, subjects, plan, settings);
			const rows = await summarise(measured, reference, base);
			const machine = await docker([
				"info",
				"--format",
				"a machine with {{.NCPU}} processors ({{.Architecture}})",
			]);
			return writeReport(options.output, { rows, reference: reference.name, plan, machine });
		}),
	);

await runCommand(command);

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
