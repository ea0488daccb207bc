import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import { runStep } from "../../components/step/step.ts";
import { readCommandLine } from "../../local/command-line.ts";
import { measure } from "./measure.ts";
import { programs, quickPrograms } from "./programs.ts";
import { writeReport } from "./report.ts";
import { parseSubject, type Subject, stackSubjects } from "./subjects.ts";
import { summarise } from "./summary.ts";

const USAGE = `Compare the stack's Python with others, in one interleaved run, and write a table and a plot.

usage: npm run bench -- [-s STACK] [-c KEY=VALUE]... [--image NAME=IMAGE]... [--reference NAME] [--quick]

  -s, --stack STACK      the stack, by its file Pulumi.STACK.yaml (default: local)
  -c, --config KEY=VALUE a config value in place of the stack file's; profile is optimized
      --image NAME=IMAGE another image to compare, whose python3 is on its PATH
      --reference NAME   what the others are compared with (default: upstream)
      --output FOLDER    where bench.md and bench.svg go (default: docs)
      --quick            three programs, one round, and nothing that has to be compiled for it
  -h, --help             this text`;

/** Rounds over all programs and images, and values of each program in a round. */
const FULL = { programs, rounds: 3, values: 3, starts: 4 };
const QUICK = { programs: quickPrograms, rounds: 1, values: 1, starts: 1 };

if (process.argv.some((argument) => argument === "-h" || argument === "--help")) {
	process.stdout.write(`${USAGE}\n`);
} else {
	await runStep(async (step) => {
		const options = readOptions();
		const others = options.image.map(parseSubject);
		const { base, subjects: own, settings } = await stackSubjects(step, options);
		const subjects = [...own, ...others];
		const reference = findReference(subjects, options.reference);
		const plan = options.quick ? QUICK : FULL;
		const measured = await measure(step, subjects, plan, settings);
		const rows = await summarise(measured, reference, base);
		const machine = await docker([
			"info",
			"--format",
			"a machine with {{.NCPU}} processors ({{.Architecture}})",
		]);
		return writeReport(options.output, { rows, reference: reference.name, plan, machine });
	});
}

function readOptions() {
	return readCommandLine("npm run bench", {
		options: {
			stack: { type: "string", short: "s", default: "local" },
			config: { type: "string", short: "c", multiple: true, default: [] },
			image: { type: "string", multiple: true, default: [] },
			reference: { type: "string" },
			output: { type: "string", default: "docs" },
			quick: { type: "boolean", default: false },
		},
	}).values;
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
