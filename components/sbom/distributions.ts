/*
 * What an installed Python distribution says of itself, in its `.dist-info`.
 */

import { isCPE } from "@cyclonedx/cyclonedx-library/Types";
import { normalizeName } from "../../stacks/lock/names.ts";
import { type Bundled, bundledIn, type Licence } from "./facts.ts";

/** What is read of a `.dist-info`. */
export interface Installed {
	readonly version: string;
	readonly licences: readonly Licence[];
	/** What its SBOMs list, but for itself. */
	readonly components: readonly Bundled[];
}

/** Which files of a folder of distributions are read: their metadata, and their SBOMs (PEP 770). */
export const READ_FILES = /^[^/]+\/[^/]+\.dist-info\/(METADATA|sboms\/.+)$/;

/** The distributions by their normalised names, from files by path. */
export function installedIn(files: ReadonlyMap<string, Buffer>): Map<string, Installed> {
	const metadata = [...files].filter(([path]) => path.endsWith(".dist-info/METADATA"));
	return new Map(
		metadata.map(([path, content]) => {
			const fields = metadataFields(content.toString());
			const name = normalizeName(fields.get("Name")?.[0] ?? "");
			const sboms = path.replace(/METADATA$/, "sboms/");
			const components = [...files]
				.filter(([other]) => other.startsWith(sboms))
				.flatMap(([, document]) => componentsIn(document.toString()))
				.filter((each) => normalizeName(each.name) !== name);
			const version = fields.get("Version")?.[0] ?? "";
			return [name, { version, licences: licencesIn(fields), components }];
		}),
	);
}

/** The fields of a METADATA file by name; one may be there several times (PyPA "Core metadata"). */
export function metadataFields(text: string): Map<string, string[]> {
	const [head = ""] = text.replaceAll("\r\n", "\n").split("\n\n", 1);
	const fields = head.split(/\n(?![ \t])/).flatMap((line) => {
		const [, name = "", value = ""] = /^([\w-]+):\s*(.*)$/s.exec(line) ?? [];
		return name === "" ? [] : [{ name, value: value.trim() }];
	});
	const grouped = Map.groupBy(fields, ({ name }) => name);
	return new Map([...grouped].map(([name, all]) => [name, all.map(({ value }) => value)]));
}

/** PEP 639's expression; without it the name in License, which may have a whole text; or the classifiers. */
export function licencesIn(fields: ReadonlyMap<string, readonly string[]>): Licence[] {
	const [expression = ""] = fields.get("License-Expression") ?? [];
	if (expression !== "") return [{ expression }];
	const [stated = ""] = fields.get("License") ?? [];
	if (stated !== "" && stated !== "UNKNOWN" && !stated.includes("\n")) return [{ name: stated }];
	const classifiers = fields.get("Classifier") ?? [];
	return classifiers.flatMap((classifier) => {
		const [kind, ...names] = classifier.split(" :: ");
		const name = names.at(-1) ?? "OSI Approved";
		// It says that there is one, and not which.
		return kind !== "License" || name === "OSI Approved" ? [] : [{ name }];
	});
}

/**
 * What an SBOM lists, in CycloneDX or SPDX, as JSON; nothing where it is in another format, or none: no
 * image fails for what somebody wrote in it.
 */
export function componentsIn(document: string): Bundled[] {
	try {
		const sbom = JSON.parse(document) as { bomFormat?: string; components?: BomComponent[] };
		const found = sbom.bomFormat === "CycloneDX" ? listed(sbom.components) : bundledIn(document);
		return found.filter(({ name }) => typeof name === "string" && name !== "").map(sound);
	} catch {
		return [];
	}
}

/** What is read of a component in CycloneDX. */
interface BomComponent {
	readonly name: string;
	readonly version?: string;
	readonly purl?: string;
	readonly cpe?: string;
	readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
	readonly licenses?: readonly {
		readonly expression?: string;
		readonly license?: { readonly id?: string; readonly name?: string };
	}[];
	readonly components?: readonly BomComponent[];
}

/** Components, and those inside them. */
function listed(components: readonly BomComponent[] = []): Bundled[] {
	return components.flatMap(({ name, version = "", purl, cpe, hashes = [], ...rest }) => {
		const sha256 = hashes.find(({ alg }) => alg === "SHA-256")?.content;
		const licences = (rest.licenses ?? []).flatMap(({ expression, license }): Licence[] => {
			if (expression !== undefined) return [{ expression }];
			const licence = license?.id ?? license?.name;
			return licence === undefined ? [] : [{ name: licence }];
		});
		const optional = {
			...(purl !== undefined && { purl }),
			...(cpe !== undefined && { cpe }),
			...(sha256 !== undefined && { sha256 }),
		};
		return [{ name, version, ...optional, licences }, ...listed(rest.components)];
	});
}

/** Without what CycloneDX's schema refuses. */
function sound({ cpe, sha256, ...rest }: Bundled): Bundled {
	return {
		...rest,
		...(cpe !== undefined && isCPE(cpe) && { cpe }),
		...(sha256 !== undefined && /^[0-9a-f]{64}$/i.test(sha256) && { sha256 }),
	};
}

/** Name of the Debian package that a component stands for, where it is linked and not brought along. */
export function linkedPackage({ purl = "" }: Bundled): string | undefined {
	// A wheel that is compiled here names them so (components/wheel/context/sbom.py): the image says
	// their versions.
	const name = /^pkg:deb\/debian\/([^@?]+)\?distro=/.exec(purl)?.[1];
	return name === undefined ? undefined : decodeURIComponent(name);
}
