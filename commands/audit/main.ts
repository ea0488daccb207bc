import { Option } from "@commander-js/extra-typings";
import { writeWhole } from "../../components/step/file.ts";
import { stopController } from "../../components/step/stop.ts";
import {
	commandLine,
	configOption,
	runCommand,
	stackOption,
	valuesOption,
} from "../../local/command-line.ts";
import { readSbom } from "../sbom/read.ts";
import { ACCEPTED_FILE, accept, readAccepted } from "./accepted.ts";
import { askOsv, osvApi, PATIENT } from "./api.ts";
import { readDumps } from "./dumps.ts";
import { type Audit, auditJson, auditText, fails } from "./report.ts";
import { type Severity, severities } from "./severity.ts";
import { type AuditedStack, auditBoms, auditedStack } from "./stack.ts";
import { auditVex } from "./vex.ts";

/** Exit status where nobody could be asked: another one than where something was found. */
const NOT_ASKED = 2;

const abort = stopController(undefined);
const levels = [...severities.filter((each) => each !== "unknown"), "any"] as (Severity | "any")[];

const command = commandLine(
	"npm run audit",
	"Tell which known vulnerabilities the images of a stack have, by their SBOMs and OSV, and the way out.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.addOption(
		valuesOption(
			"--image <image>",
			"look at this one alone, as npm run sbom names it; may be repeated; without it at all but wheelbuild",
		),
	)
	.addOption(
		new Option(
			"--fail-on <severity>",
			"exit with status 1 where one counts that is at least so",
		).choices(levels),
	)
	.option("--accepted <file>", `accepted findings (default: ${ACCEPTED_FILE}, where it is there)`)
	.option(
		"--offline <folder>",
		"ask nobody: look into OSV's dumps, ECOSYSTEM/all.zip in that folder",
	)
	.option("--vex <file>", "write what was found as CycloneDX VEX too")
	.option("--json", "print all that is known of each finding, as JSON")
	.addHelpText(
		"after",
		`
Exit status: 0 all was looked at; 1 with --fail-on, something counts;
2 something could not be asked or read.`,
	)
	.action(async ({ stack, config, image, failOn, accepted, offline, vex, json }) => {
		// Before anything is asked.
		const entries = readAccepted(accepted);
		const audit = await auditStack(stack, await auditedStack(stack, config, image), offline);
		const { findings, notes } = accept(audit.findings, entries, new Date());
		const told = { ...audit, findings, notes };
		if (vex !== undefined) await writeWhole(vex, auditVex(told));
		process.stdout.write(`${json ? auditJson(told) : auditText(told)}\n`);
		if (failOn !== undefined && fails(findings, failOn as Severity | "any")) process.exitCode = 1;
	});

await runCommand(command, NOT_ASKED);

async function auditStack(
	stack: string,
	{ descriptions, folders }: AuditedStack,
	offline: string | undefined,
): Promise<Omit<Audit, "notes">> {
	const boms = new Map<string, Buffer>();
	for (const [artefact, description] of Object.entries(descriptions))
		boms.set(artefact, await readSbom({ stack, artefact, description }, abort.signal));
	return {
		stack,
		date: new Date().toISOString().slice(0, 10),
		source: offline ?? new URL(osvApi()).host,
		folders,
		...(await auditBoms(boms, (packages) =>
			offline === undefined
				? askOsv(packages, { ...PATIENT, signal: abort.signal })
				: readDumps(offline, packages),
		)),
	};
}
