import { readFileSync } from "node:fs";
import { join } from "node:path";
import { appChanges, appLabels } from "../../components/app/app.ts";
import { CONTEXT, LOCALS_CONTEXT, STOP_SIGNAL, UID } from "../../components/app/contexts.ts";
import { CONTEXT as MINIMAL_CONTEXT } from "../../components/minimal/contexts.ts";
import { assembleArguments, minimalChanges } from "../../components/minimal/minimal.ts";
import { pythonInstall } from "../../components/python/python.ts";
import { quoteInstruction } from "../../components/step/instructions.ts";
import type { App } from "../../stacks/apps/app.ts";
import { folderOnDisk, neverOf, readIfThere } from "../../stacks/apps/folder.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { versionName } from "../../stacks/variants.ts";

/*
 * The text of Dockerfiles that do what the program's steps do, with their scripts. In the language of
 * Docker 20.10 (1.2 of the Dockerfile frontend), which has no here-documents.
 */

/** Name of the build secret that may have CA certificates. */
export const SECRET = "ca-bundle";

/** Where a stage of each Dockerfile has the scripts. */
const SCRIPTS = "/scripts";

/** What an app's Dockerfile mounts and installs. */
export interface AppParts {
	/** Names of images. */
	readonly python: string;
	readonly wheelhouse: string;
	/** Of its own wheel, where the app is a distribution. */
	readonly wheel: string | undefined;
	/** Its distributions that are folders, and the names of the images that have their wheels. */
	readonly locals: readonly { readonly name: string; readonly image: string }[];
	/** Debian packages of the dependencies, those that were found for libraries among them. */
	readonly packages: readonly string[];
	/** The distributions of each layer. */
	readonly groups: readonly (readonly string[])[];
	/** `UID:GID` that the app runs as. */
	readonly user: string;
}

/** What the Dockerfile of the image python is made of. */
export interface PythonParts {
	/** Names of images. */
	readonly debbase: string;
	readonly package: string;
	/** Labels of the new image. */
	readonly labels: Readonly<Record<string, string>>;
}

/** The Dockerfile of the image python: what is in `debbase` and what the package adds. */
export function pythonDockerfile(python: StackPython, parts: PythonParts): string {
	const { context, variant, arguments: args, changes } = pythonInstall(python);
	const scripts = {
		install: join(context, "install"),
		...(variant !== undefined && { variant: join(variant, "install") }),
	};
	const script = variant === undefined ? "install" : "variant";
	const mounts = [
		...besideScripts(parts.package, "/packages", Object.keys(scripts)),
		`type=secret,id=${SECRET},target=/mnt/ca-bundle.crt`,
	];
	return file([
		header(`The image python: CPython ${versionName(python)} and /venv.`),
		scriptsStage(parts.debbase, scripts),
		`FROM ${parts.debbase}`,
		runs(mounts, `sh /mnt/${script} ${args.join(" ")}`),
		[...changes, ...labelLines(parts.labels)].join("\n"),
	]);
}

/**
 * The Dockerfile of the image minimal.
 *
 * @param parts `python` is the name of that image.
 */
export function minimalDockerfile(
	python: StackPython,
	parts: { readonly python: string; readonly labels: PythonParts["labels"] },
): string {
	const names = ["assemble.py", "dpkg.py", "made", "tree.py"];
	const scripts = names.map((name) => [name, join(MINIMAL_CONTEXT, name)]);
	const args = ["/minimal", ...assembleArguments(python)];
	return file([
		header(`The image minimal: CPython ${versionName(python)} without a shell.`),
		scriptsStage(parts.python, Object.fromEntries(scripts)),
		`FROM ${parts.python} AS root`,
		runs([SCRIPTS_MOUNT], `python -B /mnt/assemble.py ${args.join(" ")}`),
		"FROM scratch",
		"COPY --from=root /minimal/ /",
		[...minimalChanges(python), ...labelLines(parts.labels)].join("\n"),
	]);
}

/** The Dockerfile of an app. Its context is the app's folder, but for an app that is a distribution. */
export function appDockerfile(app: App, parts: AppParts): string {
	const paths = {
		clamp: join(CONTEXT, "clamp"),
		layer: join(CONTEXT, "layer"),
		...(parts.wheel === undefined && { files: "commands/dockerfiles/context/files" }),
		...(parts.locals.length > 0 && { locals: join(LOCALS_CONTEXT, "locals") }),
		app: join(CONTEXT, "app"),
	};
	return file([
		header(`The app ${app.name}${app.version === undefined ? "" : ` ${app.version}`}.`),
		scriptsStage(parts.python, paths),
		...wheelsStage(parts),
		`FROM ${parts.python}`,
		...packagesLayer(parts.packages),
		...parts.groups.map((names) => dependenciesLayer(parts.wheelhouse, names)),
		appLayer(app, parts),
		[
			...appChanges(app),
			`USER ${parts.user}`,
			`STOPSIGNAL ${STOP_SIGNAL}`,
			...labelLines(appLabels(app)),
		].join("\n"),
	]);
}

/** What the context of an app's Dockerfile leaves out, for `<Dockerfile>.dockerignore`. */
export function appDockerignore({ folder }: App): string {
	const content = folderOnDisk(folder);
	const own = readIfThere(content, ".dockerignore") ?? "";
	// Last, so that no exception of its own brings them back.
	return `${[own.trimEnd(), ...neverOf(content)].join("\n")}\n`;
}

function packagesLayer(packages: readonly string[]): string[] {
	if (packages.length === 0) return [];
	const command = `set -eu; . /mnt/clamp; aptinstall ${packages.join(" ")}; clamp`;
	return [runs([SCRIPTS_MOUNT, TMP], command)];
}

function dependenciesLayer(wheelhouse: string, names: readonly string[]): string {
	const mounts = [...besideScripts(wheelhouse, "/wheels", ["clamp", "layer"]), TMP];
	return runs(mounts, `sh /mnt/layer / ${names.join(" ")}`);
}

/** The wheels of an app that has several of its own. */
function wheelsStage({ locals, wheel }: AppParts): string[] {
	if (locals.length === 0) return [];
	const images = [...locals.map(({ image }) => image), ...(wheel === undefined ? [] : [wheel])];
	const copies = images.map((image) => `COPY --from=${image} /wheels/ /wheels/`);
	return [["FROM scratch AS wheels", ...copies].join("\n")];
}

/** Its files, where it has no wheel, and its wheels, then its user and bytecode. */
function appLayer({ name, user }: App, { wheel, locals }: AppParts): string {
	const names = locals.map((local) => local.name).join(" ");
	const wheels = names === "" ? wheel : "wheels";
	const scripts = [
		"clamp",
		...(names === "" ? [] : ["locals"]),
		"app",
		...(wheel === undefined ? ["files"] : []),
	];
	const mounts = [
		...(wheel === undefined ? ["target=/srv"] : []),
		...(wheels === undefined ? [SCRIPTS_MOUNT] : besideScripts(wheels, "/wheels", scripts)),
		TMP,
	];
	const commands = [
		`set -eu -- ${user} ${UID}${wheel === undefined ? "" : ` ${name}`}`,
		...(wheel === undefined ? ["sh /mnt/files"] : []),
		". /mnt/clamp",
		...(names === "" ? [] : [`locals='${names}'`, ". /mnt/locals"]),
		". /mnt/app",
	];
	return runs(mounts, commands.join("; "));
}

/** Nothing of it gets into the layer. */
const TMP = "type=tmpfs,target=/tmp";

/** All scripts. A mount point that no root has, such as /mnt/clamp, would stay in the layer. */
const SCRIPTS_MOUNT = `from=scripts,source=${SCRIPTS},target=/mnt`;

function labelLines(labels: Readonly<Record<string, string>>): string[] {
	return Object.entries(labels).map(([name, value]) => `LABEL ${name}=${quoteInstruction(value)}`);
}

/** A folder of an image, writable so that scripts can be in it: what is written is thrown away. */
function besideScripts(image: string, folder: string, scripts: readonly string[]): string[] {
	return [
		`from=${image},source=${folder},target=/mnt,rw`,
		...scripts.map((name) => `from=scripts,source=${SCRIPTS}/${name},target=/mnt/${name}`),
	];
}

/** A RUN instruction with mounts. */
function runs(mounts: readonly string[], command: string): string {
	const lines = mounts.map((mount) => `--mount=${mount}`);
	return `RUN ${[...lines, command].join(" \\\n\t")}`;
}

/**
 * A stage that has scripts, line by line.
 *
 * @param paths their files, by their names there.
 */
function scriptsStage(image: string, paths: Readonly<Record<string, string>>): string {
	const commands = Object.entries(paths).map(([name, path]) => {
		const lines = readFileSync(path, "utf8").trimEnd().split("\n").map(quote);
		return ["printf '%s\\n'", ...lines.map((line) => `\t${line}`), `>${name}`].join(" \\\n\t");
	});
	return [
		`FROM ${image} AS scripts`,
		`RUN mkdir ${SCRIPTS} && cd ${SCRIPTS} && \\\n\t${commands.join(" && \\\n\t")}`,
	].join("\n");
}

/** A text as a shell's word. */
export function quote(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

function header(what: string): string {
	return `# ${what}\n# Written by npm run dockerfiles: again, when the stack has other images.`;
}

function file(parts: readonly string[]): string {
	return `${parts.join("\n\n")}\n`;
}
