/** A Debian package that is installed in an image. */
export interface DebianPackage {
	readonly name: string;
	readonly version: string;
	/** Debian's name of the architecture, or `all`. */
	readonly architecture: string;
	/** The source package, which is what Debian's security advisories name. */
	readonly source: { readonly name: string; readonly version: string };
	/** Names of the installed packages that it needs, in byte order. */
	readonly depends: readonly string[];
	/** Names of its licences, as its copyright file has them: Debian's, not all of them SPDX's. */
	readonly licences: readonly string[];
}

/** A paragraph of a Debian control file: fields by name, each on one line. */
export type Paragraph = Readonly<Record<string, string>>;

/** The paragraphs of a Debian control file (Debian Policy 5.1). */
export function parseControl(text: string): Paragraph[] {
	return text
		.split(/\n{2,}/)
		.filter((paragraph) => paragraph.trim() !== "")
		.map((paragraph) => {
			const lines = paragraph.replace(/\n[ \t]+/g, " ").split("\n");
			const fields = lines.map((line) => /^([^\s:]+):\s*(.*)$/.exec(line));
			return Object.fromEntries(
				fields.flatMap((field) => (field === null ? [] : [[field[1], (field[2] ?? "").trim()]])),
			) as Paragraph;
		});
}

/**
 * The packages that dpkg's status file calls installed, in byte order of their names.
 *
 * @param licences of a package, by its name.
 */
export function installedPackages(
	status: string,
	licences: (name: string) => readonly string[],
): DebianPackage[] {
	const paragraphs = parseControl(status)
		.filter(({ Status = "" }) => Status.endsWith(" installed"))
		.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
	const providers = new Map(
		paragraphs.flatMap((paragraph) =>
			alternatives(paragraph.Provides).map(([name = ""]) => [name, nameOf(paragraph)] as const),
		),
	);
	// What bears the name goes before what provides it.
	for (const paragraph of paragraphs) providers.set(nameOf(paragraph), nameOf(paragraph));
	return paragraphs.map((paragraph) => ({
		name: nameOf(paragraph),
		version: paragraph.Version ?? "",
		architecture: paragraph.Architecture ?? "",
		source: sourceOf(paragraph),
		depends: neededPackages(paragraph, providers),
		licences: licences(nameOf(paragraph)),
	}));
}

/** Names of the licences in a machine-readable copyright file (DEP 5); none where it is free text. */
export function licenceNames(copyright: string): string[] {
	if (!/^Format(-Specification)?:/m.test(copyright)) return [];
	// On the field's own line is the name; the lines that follow have the text.
	const names = copyright.matchAll(/^License:[ \t]*(\S.*?)[ \t]*$/gm);
	return [...new Set([...names].map(([, name = ""]) => name))].sort();
}

function nameOf({ Package = "" }: Paragraph): string {
	return Package;
}

/** `Source: name` or `Source: name (version)`; without it the source has the package's own. */
function sourceOf({ Package = "", Version = "", Source = Package }: Paragraph) {
	const [, name = Source, version = Version] = /^(\S+)(?: \((.*)\))?$/.exec(Source) ?? [];
	return { name, version };
}

/** Of each need the first alternative that is installed: what dpkg was content with. */
function neededPackages(
	{ Depends, "Pre-Depends": preDepends, ...own }: Paragraph,
	providers: ReadonlyMap<string, string>,
): string[] {
	const needed = [...alternatives(Depends), ...alternatives(preDepends)].flatMap(
		(names) => names.map((name) => providers.get(name)).find((name) => name !== undefined) ?? [],
	);
	return [...new Set(needed)].filter((name) => name !== nameOf(own)).sort();
}

/** `a (>= 1) | b:any, c` as `[["a", "b"], ["c"]]`. */
function alternatives(field = ""): string[][] {
	return field
		.split(",")
		.filter((relation) => relation.trim() !== "")
		.map((relation) => relation.split("|").map((name) => name.trim().split(/[\s:(]/)[0] ?? ""));
}
