import { commandLine, runCommand } from "../../local/command-line.ts";
import { section } from "../../local/text.ts";
import { productionStacks } from "../../stacks/stack-repositories.ts";
import { tagDigest } from "./digest.ts";
import { newestPip } from "./pip.ts";
import { type Finding, findNewer, takeNewer } from "./refresh.ts";
import { newestSnapshot } from "./snapshot.ts";

/** Exit status of --check where a stack file is not the newest, as of terraform plan -detailed-exitcode. */
const NEWER = 2;

const sources = { digest: tagDigest, snapshot: newestSnapshot, pip: newestPip };

const command = commandLine(
	"npm run refresh",
	"Take the newest base and the newest patch release of Python into the stack files.",
)
	.option(
		"-s, --stack <stack>",
		"one stack, by its file Pulumi.STACK.yaml (default: all but local, which stays what one machine alone can build)",
	)
	.option("--check", "only say what is newer")
	.addHelpText(
		"after",
		`
Exit status: 0 all is done, or nothing is newer; 1 something could not be asked or done;
2 with --check, something is newer.`,
	)
	.action(async ({ stack, check = false }) => {
		process.exitCode = await refreshAll(stack, check);
	});

await runCommand(command);

async function refreshAll(stack: string | undefined, check: boolean): Promise<number> {
	const stacks = stack === undefined ? productionStacks() : [stack];
	const findings: Finding[] = [];
	for (const name of stacks) findings.push(...(await refresh(name, check)));
	if (check && findings.some(({ state }) => state === "newer")) return NEWER;
	return findings.some(({ state }) => state === "unknown") ? 1 : 0;
}

async function refresh(stack: string, check: boolean): Promise<Finding[]> {
	const findings = await findNewer(stack, sources);
	if (!check) await takeNewer(stack, findings);
	const rows = findings.map(({ what, text }) => [what, text]);
	process.stdout.write(`${section(stack, rows).join("\n")}\n`);
	return findings;
}
