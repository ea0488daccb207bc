import { access, constants, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { StepError } from "../../components/step/error.ts";
import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { statusPage } from "./page.ts";
import { stackStatuses } from "./status.ts";
import { statusTable } from "./table.ts";

const USAGE = `Tell of every stack which support ends when, and what the next up would do.

usage: npm run status -- [--html FILE]

      --html FILE  write a page with the table and a timeline, in place of the table here
  -h, --help       this text`;

await runCommand(main);

async function main(): Promise<void> {
	const { html, help } = readOptions();
	if (help) {
		process.stdout.write(`${USAGE}\n`);
		return;
	}
	if (html !== undefined) await orRefuse(html, () => access(dirname(html), constants.W_OK));
	const today = new Date();
	const statuses = await stackStatuses();
	if (html === undefined) {
		process.stdout.write(`${statusTable(statuses, today)}\n`);
		return;
	}
	await orRefuse(html, () => writeFile(html, statusPage(statuses, today)));
	process.stdout.write(`${html}\n`);
}

function readOptions(): { html?: string; help: boolean } {
	const { values } = readCommandLine("npm run status", {
		options: {
			html: { type: "string" },
			help: { type: "boolean", short: "h", default: false },
		},
	});
	return values;
}

async function orRefuse(html: string, write: () => Promise<void>): Promise<void> {
	try {
		await write();
	} catch (error) {
		const { message } = error as Error;
		throw new StepError(
			`--html ${JSON.stringify(html)} cannot be written: ${message}`,
			"name a file in a folder that is there and yours",
		);
	}
}
