import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NO_REGISTRY } from "../image-name.ts";
import { docker, PROJECT_LABEL } from "./docker.ts";
import { askEngine } from "./engine-api.ts";
import { StepError } from "./error.ts";
import { isLeftover, ownerState, temporaryName } from "./owner.ts";

/*
 * Only what a step made for itself is ever removed, and that is known by its name (owner.ts) alone:
 * the project's label is inherited by what people build on the images.
 */

const OURS = ["--filter", `label=${PROJECT_LABEL}=debian-python`];

/** Something with a name, and when it was made. */
interface Thing {
	readonly name: string;
	readonly created: Date | undefined;
}

/** Remove what killed runs left: containers first, since they hold the volumes. */
export async function sweep(): Promise<void> {
	const [containers, volumes, images] = await Promise.all([
		leftContainers(),
		allVolumes(),
		unfinishedImages(),
	]);
	for (const name of containers) await remove(["rm", "--force", "--volumes", name]);
	for (const name of leftovers(volumes)) await remove(["volume", "rm", name]);
	for (const name of leftovers(images))
		await remove(["image", "rm", "--no-prune", unfinishedName(name)]);
	for (const name of leftovers(temporaryFolders())) {
		// Another user's is for that user to remove.
		await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
	}
}

/** Name of an image that has not got its own yet, by a temporary one. */
export function unfinishedName(name: string): string {
	return `${NO_REGISTRY}/${name}:unfinished`;
}

/** Make an image under such a name, which it then loses: it stays where it has got another one. */
export async function withUnfinishedName(make: (name: string) => Promise<void>): Promise<void> {
	const name = unfinishedName(temporaryName());
	try {
		await make(name);
	} finally {
		const path = `/images/${name}?noprune=true`;
		await askEngine(path, { method: "DELETE" }).catch(() => undefined);
	}
}

/** A container that runs has its step, without which it ends (container.ts), unless that is seen to be gone. */
async function leftContainers(): Promise<string[]> {
	const format = "{{.Names}}\t{{.CreatedAt}}\t{{.Status}}";
	const lines = await list("ps", "--all", ...OURS, "--format", format);
	return lines.flatMap(([name = "", created, status = ""]) => {
		const runs = ownerState(name) === "unknown" && /^(Up|Restarting)/.test(status);
		return runs ? [] : leftovers([{ name, created: parseDate(created) }]);
	});
}

async function allVolumes(): Promise<Thing[]> {
	const names = (await list("volume", "ls", ...OURS, "--format", "{{.Name}}")).flat();
	return Promise.all(
		names.map(async (name) => {
			const args = ["volume", "inspect", "--format", "{{.CreatedAt}}", name];
			return { name, created: parseDate(await docker(args).catch(() => undefined)) };
		}),
	);
}

/** By when they got their names: the images themselves are of other moments (fixed-image.ts). */
async function unfinishedImages(): Promise<Thing[]> {
	const filter = `--filter=reference=${unfinishedName("*")}`;
	const names = (await list("image", "ls", filter, "--format", "{{.Repository}}")).flat();
	return Promise.all(
		names.map(async (name) => {
			const args = ["image", "inspect", "--format", "{{.Metadata.LastTagTime}}"];
			const tagged = await docker([...args, `${name}:unfinished`]).catch(() => undefined);
			return { name: name.slice(NO_REGISTRY.length + 1), created: parseDate(tagged) };
		}),
	);
}

function temporaryFolders(): Thing[] {
	const names = readTemporary().filter((name) => ownerState(name) !== undefined);
	return names.map((name) => ({
		name,
		created: statSync(join(tmpdir(), name), { throwIfNoEntry: false })?.ctime,
	}));
}

function readTemporary(): string[] {
	try {
		return readdirSync(tmpdir());
	} catch (error) {
		throw new StepError(
			`the folder for temporary files, ${tmpdir()}, cannot be read: ${(error as NodeJS.ErrnoException).code}`,
			"make it, or set TMPDIR to one that is there",
		);
	}
}

function leftovers(things: readonly Thing[]): string[] {
	return things.flatMap(({ name, created }) => (isLeftover(name, created) ? [name] : []));
}

/** What docker prints, as lines of fields. */
async function list(...args: readonly string[]): Promise<string[][]> {
	const lines = (await docker(args)).split("\n");
	return lines.flatMap((line) => (line === "" ? [] : [line.split("\t")]));
}

/** `2026-11-22 11:26:51 +0000 UTC`, as docker ps prints it, or RFC 3339. */
function parseDate(text: string | undefined): Date | undefined {
	const date = new Date(text?.replace(/ ([+-]\d{4}) .*$/, "$1") ?? Number.NaN);
	// Podman knows no moment of a name: it says the year 1.
	return date.getTime() > 0 ? date : undefined;
}

/** Another run may sweep at the same moment: gone is what was wanted. */
async function remove(args: readonly string[]): Promise<void> {
	await docker(args).catch(() => undefined);
}
