import { sourceUrl } from "../../stacks/cpython.ts";
import { DEB_SUM, PROFILE_SUM } from "../step/docker.ts";
import { sha256 } from "../step/file.ts";
import { INPUTS_LABEL } from "../step/why.ts";
import type { AppFacts, Facts } from "./facts.ts";
import { BOM_TYPE } from "./media-types.ts";
import { debPurl, imagePurl, pypiPurl } from "./purl.ts";

/** The predicate's type (https://slsa.dev/spec/v1.0/provenance). */
export const PREDICATE_TYPE = "https://slsa.dev/provenance/v1";

/** An artefact in a statement: in-toto's ResourceDescriptor. */
export interface Descriptor {
	readonly name?: string;
	readonly uri?: string;
	readonly digest?: Readonly<Record<string, string>>;
	readonly mediaType?: string;
	readonly annotations?: Readonly<Record<string, string>>;
}

/** An in-toto statement (https://github.com/in-toto/attestation, spec v1), with what is read of it here. */
export interface Statement {
	readonly _type: "https://in-toto.io/Statement/v1";
	readonly subject: readonly Descriptor[];
	readonly predicateType: typeof PREDICATE_TYPE;
	readonly predicate: {
		readonly buildDefinition: object;
		readonly runDetails: { readonly builder: object; readonly byproducts: readonly Descriptor[] };
	};
}

/**
 * How an artefact was made: SLSA provenance, without a signature and without times, so that the same
 * facts give the same bytes.
 *
 * @param bom the artefact's SBOM, which is named by its hash.
 */
export function provenance(facts: Facts, bom: string): string {
	const { image, id, labels, platform, debs, app } = facts;
	const statement: Statement = {
		_type: "https://in-toto.io/Statement/v1",
		subject: [
			...debs.map(({ file, sha256 }) => ({ name: file, digest: { sha256 } })),
			{ name: image, digest: { sha256: hex(id) } },
		],
		predicateType: PREDICATE_TYPE,
		predicate: {
			buildDefinition: {
				// One for all apps: their names are their own.
				buildType: `urn:debian-python:build:${app ? "app" : labels["debian-python.artefact"]}:v1`,
				externalParameters: JSON.parse(labels[INPUTS_LABEL] ?? "{}") as object,
				internalParameters: { platform },
				resolvedDependencies: dependencies(facts),
			},
			runDetails: {
				// Whoever runs the program is the builder: without a signature nothing more can be said.
				builder: { id: "urn:debian-python:builder:docker" },
				byproducts: [
					{
						name: "sbom",
						digest: { sha256: sha256(bom) },
						mediaType: BOM_TYPE,
					},
				],
			},
		},
	};
	return formatStatement(statement);
}

/** A statement as text. */
export function formatStatement(statement: Statement): string {
	return `${JSON.stringify(statement, null, 2)}\n`;
}

function dependencies(facts: Facts): Descriptor[] {
	const { labels, platform, cpython, packageName, pip, debian } = facts;
	const base = labels["org.opencontainers.image.base.name"];
	const deb = labels[DEB_SUM];
	const isPackage = facts.debs.length > 0;
	return [
		...facts.madeFrom.map((name) => ({
			uri: imagePurl(name, platform),
			...digest(isPackage ? labels["debian-python.builder.id"] : undefined),
		})),
		...(base === undefined
			? []
			: [
					{
						name: "base",
						uri: imagePurl(base, platform),
						...digest(labels["org.opencontainers.image.base.digest"]),
					},
				]),
		...(isPackage
			? [
					{ uri: sourceUrl(cpython.version, cpython.format), ...digest(cpython.sha256) },
					...trainedProfile(labels[PROFILE_SUM]),
					...(cpython.patches ?? []).map(({ name, url, sha256: sum }) => ({
						...{ name, ...digest(sum) },
						...(url !== undefined && { annotations: { origin: url } }),
					})),
				]
			: [{ name: packageName, ...digest(deb) }]),
		...(pip === undefined ? [] : [{ uri: pypiPurl(pip.name, pip.version), ...digest(pip.sha256) }]),
		...facts.compiledWith.map((each) => ({ uri: debPurl("debian", each, debian.number) })),
		...(facts.app === undefined ? [] : appSources(facts.app)),
	];
}

/** What PGO's training counted, a file of the package's own image. */
function trainedProfile(label: string | undefined): Descriptor[] {
	if (label === undefined) return [];
	const [name = "", sum] = label.split(" ");
	return [{ name, ...digest(sum) }];
}

/** The locks have the hash of each distribution's file, and of each that builds one. */
function appSources({ locks, locals, ...app }: AppFacts): Descriptor[] {
	return [
		...locks.map((lock) => ({ name: lock.name, ...digest(lock.sha256) })),
		// No hash of bytes that anybody has: hashFiles (components/content-key.ts) tells how it is made.
		...[app, ...locals].map(({ name, files }) => ({
			...{ name: `files of ${name}`, digest: { files_sha256: files } },
		})),
	];
}

function digest(sum: string | undefined): { digest?: { sha256: string } } {
	return sum === undefined || sum === "" ? {} : { digest: { sha256: hex(sum) } };
}

function hex(sum: string): string {
	return sum.replace(/^sha256:/, "");
}
