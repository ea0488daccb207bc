import { errorLine } from "../../components/step/failure.ts";
import { writtenSbom } from "../sbom/read.ts";
import { accept, readAccepted } from "./accepted.ts";
import { askOsv } from "./api.ts";
import { countLine } from "./report.ts";
import { auditBoms, auditedStack } from "./stack.ts";

/** So many ms at most OSV is asked: who looks at the status waits. */
const TIMEOUT = 8_000;

/*
 * A program of its own, for npm run status: who does not answer must not keep it. Its argument is the
 * stack, its result a line on standard output. It makes and changes nothing.
 */
const [, , stack = ""] = process.argv;
const line = await count().catch((error: unknown) => {
	const [first = ""] = errorLine(error).split("\n");
	return `not asked: ${first}`;
});
// An answer that is still on its way must not keep the program.
process.stdout.write(`${line}\n`, () => process.exit());

async function count(): Promise<string> {
	const { descriptions } = await auditedStack(stack, [], []);
	const boms = new Map<string, Buffer>();
	for (const [artefact, description] of Object.entries(descriptions)) {
		const bom = await writtenSbom(description);
		if (bom === undefined) return `not asked: there is no SBOM of ${artefact}`;
		boms.set(artefact, bom);
	}
	const signal = AbortSignal.timeout(TIMEOUT);
	const audit = await auditBoms(boms, (packages) =>
		askOsv(packages, { timeout: TIMEOUT, retries: 0, signal }),
	);
	const { findings } = accept(audit.findings, readAccepted(undefined), new Date());
	return `${countLine(findings)} (${new Date().toISOString().slice(0, 10)})`;
}
