/** From a stack's list of folders to its apps. */

import { posix } from "node:path";
import { type ConfigProblem, quote } from "../config-error.ts";
import { normalizeName } from "../lock/names.ts";
import { buildLockName } from "../lock/read-lock.ts";
import type { AppPythons, AppSource } from "./app.ts";
import { type AppFolder, folderOnDisk, LOCKS, listFiles, readIfThere } from "./folder.ts";
import { type Pyproject, readPyproject } from "./pyproject.ts";
import { exampleOf, TABLE } from "./table.ts";

/** The unprivileged user of an app that names none; schema.json has the same. */
const USER = "app";

/** What the apps are read for. */
export interface AppsContext {
	/** The stack's, of which an app has one. */
	readonly pythons: AppPythons;
	/** Opens an app's folder, by the name that the stack file has; the disk's by default. */
	readonly open?: (folder: string) => AppFolder;
}

/** The apps in folders, and everything that is wrong with them. */
export function readApps(
	folders: readonly string[],
	context: AppsContext,
): { apps: readonly AppSource[]; problems: readonly ConfigProblem[] } {
	const apps: AppSource[] = [];
	const problems: ConfigProblem[] = [];
	for (const folder of folders) {
		const app = readApp(folder, context);
		if (Array.isArray(app)) {
			problems.push(...app);
			continue;
		}
		const other = apps.find(({ name }) => name === app.name);
		if (other === undefined) apps.push(app);
		else problems.push(sameName(app, other));
	}
	return { apps, problems };
}

/** The app in a folder, or everything that is wrong with it. */
export function readApp(
	folder: string,
	{ pythons, open = folderOnDisk }: AppsContext,
): AppSource | ConfigProblem[] {
	const content = open(folder);
	const entries = namesIn(content, folder);
	if (!Array.isArray(entries)) return [entries.problem];
	const unreadable = entries.flatMap((name) => fileProblem(content, folder, name));
	if (unreadable.length > 0) return unreadable;
	const file = posix.join(folder, "pyproject.toml");
	const text = readIfThere(content, "pyproject.toml");
	if (text === undefined) return [missing(file)];
	const pyproject = readPyproject(text, file, pythons);
	const { files, problems } = listFiles(content, folder);
	if (Array.isArray(pyproject)) return [...pyproject, ...problems];
	if (problems.length > 0) return [...problems];
	return appOf(folder, pyproject, files);
}

function appOf(
	folder: string,
	{ name, version, python, isPackage, table }: Pyproject,
	files: readonly string[],
): AppSource {
	const { command, ports = [], healthcheck, environment = {}, user = USER, smoke } = table;
	const { packages = [], "from-source": fromSource = [] } = table;
	return {
		name,
		folder,
		...(version !== undefined && { version }),
		python,
		command,
		// In whichever order they are written: that changes no image.
		ports: ports.toSorted((a, b) => a - b),
		...(healthcheck !== undefined && { healthcheck }),
		environment,
		user,
		packages: [...new Set(packages)].sort(),
		...(smoke !== undefined && { smoke }),
		importExceptions: byName(table["import-exceptions"]),
		isPackage,
		fromSource: fromSource === ":all:" ? fromSource : fromSource.map(normalizeName),
		buildPackages: byName(table["build-packages"]),
		files,
	};
}

function byName<T>(values: Readonly<Record<string, T>> = {}): Readonly<Record<string, T>> {
	return Object.fromEntries(
		Object.entries(values).map(([name, value]) => [normalizeName(name), value]),
	);
}

/** What is in a folder; it need not be there, or be one. */
function namesIn(content: AppFolder, folder: string): string[] | { problem: ConfigProblem } {
	try {
		return content.list("").map(({ name }) => name);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reasons: Readonly<Record<string, string>> = {
			ENOENT: "is not there",
			ENOTDIR: "is not a folder",
		};
		const reason = reasons[code ?? ""] ?? `cannot be read: ${code}`;
		const remedy = "write the folder of an app, from the project root, such as ../orders";
		return { problem: { key: "apps", value: quote(folder), reason, remedy } };
	}
}

/** What keeps a file that is read here, or when the locks are, from being read, if anything does. */
function fileProblem(content: AppFolder, folder: string, name: string): ConfigProblem[] {
	if (![...LOCKS, "pyproject.toml", ".dockerignore", buildLockName].includes(name)) return [];
	try {
		readIfThere(content, name);
		return [];
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "EISDIR" ? "is not a file" : `cannot be read: ${code}`;
		const remedy = "put the file there, or remove it";
		return [{ key: "apps", value: quote(posix.join(folder, name)), reason, remedy }];
	}
}

function missing(file: string): ConfigProblem {
	return {
		key: "apps",
		value: quote(file),
		reason: "is not there",
		remedy: `write one with [project], a name, and [${TABLE}] with ${exampleOf("command")}`,
	};
}

function sameName({ name, folder }: AppSource, other: AppSource): ConfigProblem {
	const isTwice = folder === other.folder;
	return {
		key: isTwice ? "apps" : `${posix.join(folder, "pyproject.toml")}: project.name`,
		value: quote(isTwice ? folder : name),
		reason: isTwice ? "is there twice" : `is also the name of the app in ${other.folder}`,
		remedy: isTwice ? "remove one" : "give one of the two another name",
	};
}
