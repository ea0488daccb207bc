import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { stackNames } from "../../local/stack-config.ts";
import { section } from "../../local/text.ts";
import { tagDigest } from "./digest.ts";
import { newestPip } from "./pip.ts";
import { type Finding, findNewer, takeNewer } from "./refresh.ts";
import { newestSnapshot } from "./snapshot.ts";

const USAGE = `Take the newest base and the newest patch release of Python into the stack files.

usage: npm run refresh -- [-s STACK] [--check]

  -s, --stack STACK     one stack, by its file Pulumi.STACK.yaml (default: all but local, which
                        stays what one machine alone can build)
      --check           only say what is newer
  -h, --help            this text

Exit status: 0 all is done, or nothing is newer; 1 something could not be asked or done;
2 with --check, something is newer.`;

/** Exit status of --check where a stack file is not the newest, as of terraform plan -detailed-exitcode. */
const NEWER = 2;

const sources = { digest: tagDigest, snapshot: newestSnapshot, pip: newestPip };

await runCommand(async () => {
	process.exitCode = await main();
});

async function main(): Promise<number> {
	const { stack, check, help } = readOptions();
	if (help) {
		process.stdout.write(`${USAGE}\n`);
		return 0;
	}
	const stacks = stack === undefined ? stackNames().filter((name) => name !== "local") : [stack];
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

function readOptions() {
	return readCommandLine("npm run refresh", {
		options: {
			stack: { type: "string", short: "s" },
			check: { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	}).values;
}
