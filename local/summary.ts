import { docker, imageId } from "../components/step/docker.ts";
import type { Outputs } from "./program.ts";
import { formatSeconds, type Row } from "./report.ts";

/** The outputs that the summary shows. */
interface Shown {
	readonly images: Readonly<Record<string, { readonly name: string }>>;
	readonly package: { readonly file: string; readonly sha256: string | null };
	readonly warnings: readonly string[];
}

/** The closing lines of a run: what there is now, where the time went, and how to try it. */
export async function summary(
	outputs: Outputs,
	rows: readonly Row[],
	{ preview }: { readonly preview: boolean },
): Promise<string> {
	const shown = outputs as unknown as Shown;
	const lines = ["", ...rows.map(rowLine), ""];
	if (!preview) {
		for (const { name } of Object.values(shown.images)) lines.push(...(await imageLine(name)));
		if (shown.package.sha256 !== null) lines.push(`  .deb      ${shown.package.file}`);
	}
	for (const warning of shown.warnings) lines.push(`warning: ${warning}`);
	const python = shown.images.python?.name ?? "";
	if (!preview && (await imageId(python)) !== undefined)
		lines.push("", `try it: docker run --rm -it ${python}`);
	return lines.join("\n");
}

function rowLine({ artefact, outcome, why, seconds }: Row): string {
	const detail = outcome === "built" ? formatSeconds(seconds) : why;
	return `${artefact.padEnd(11)} ${outcome.padEnd(8)} ${detail}`.trimEnd();
}

async function imageLine(name: string): Promise<string[]> {
	if ((await imageId(name)) === undefined) return [];
	const bytes = Number(await docker(["image", "inspect", "--format", "{{.Size}}", name]));
	return [`${`${(bytes / 1e6).toFixed(1)} MB`.padStart(9)}  ${name}`];
}
