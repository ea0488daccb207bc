import { access, constants, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { StepError } from "../../components/step/error.ts";
import { commandLine, runCommand } from "../../local/command-line.ts";
import { statusPage } from "./page.ts";
import { stackStatuses } from "./status.ts";
import { statusTable } from "./table.ts";

const command = commandLine(
	"npm run status",
	"Tell of every stack which support ends when, and what the next up would do.",
)
	.option("--html <file>", "write a page with the table and a timeline, in place of the table here")
	.action(({ html }) => tellStatus(html));

await runCommand(command);

async function tellStatus(html: string | undefined): Promise<void> {
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
