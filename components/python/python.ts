import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { absentModules } from "../../stacks/cpython.ts";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { PythonImageKind } from "../../stacks/minimal.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { abiFlags, pythonName, versionName } from "../../stacks/variants.ts";
import type { DebianBase } from "../base/base.ts";
import { CommittedImage, type Gates } from "../commit/commit.ts";
import { contentKey } from "../content-key.ts";
import type { DebbaseImage } from "../debbase/debbase.ts";
import {
	type ImageNaming,
	type ImageSite,
	imageLabels,
	ofPython,
	type StackImage,
	stackImage,
} from "../image.ts";
import type { PythonPackage } from "../package/package.ts";
import { type Description, describeImage } from "../sbom/description.ts";

/** What the image python of a stack follows from. */
export interface PythonArgs {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly python: StackPython;
	readonly debbase: { readonly image: StackImage };
	readonly package: { readonly image: StackImage };
	/** Where its SBOM and provenance go, from the project root. */
	readonly folder: string;
}

/** What {@link PythonImage} needs. */
export interface PythonImageArgs extends PythonArgs {
	readonly site: ImageSite;
	readonly base: DebianBase;
	readonly debbase: DebbaseImage;
	readonly package: PythonPackage;
	/** Bytes that the image may add to its base; undefined: any number. */
	readonly budget: number | undefined;
	/** File from the project root that may have the stack's ledger of sizes. */
	readonly ledger: string;
	/** Whether {@link pythonAliases} move to it. */
	readonly hasAliases: boolean;
}

const CONTEXT = "components/python/context";

/** How the image is made of debbase with the package at `/mnt`, as {@link CommittedImage} has it. */
export function pythonInstall(python: StackPython) {
	const name = pythonName(python);
	const { pip } = python.series;
	return {
		context: CONTEXT,
		variant: variantContext(python),
		arguments: [name, pip.version, pip.sha256],
		changes: imageChanges(name),
	};
}

/** Folder with what is otherwise where the ABI is; undefined of the common build. */
function variantContext(python: StackPython): string | undefined {
	return abiFlags(python) === "" ? undefined : "components/python/abi";
}

/** What the image sets. A login shell gets the same by the profile that the install script writes. */
function imageChanges(name: string): readonly [cmd: `CMD ${string}`, ...others: string[]] {
	// The second is where programs of `uv pip install --system` are. sbin stays on PATH: without it
	// dpkg and apt fail for root.
	const path = `/venv/bin:/opt/cpython/${name}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
	return [
		'CMD ["python3"]',
		`ENV PATH=${path}`,
		"ENV VIRTUAL_ENV=/venv",
		// Python before 3.7 takes the C locale for ASCII (PEP 538).
		"ENV LANG=C.UTF-8",
	];
}

/** The image python of a stack, by its settings. */
export function pythonImage(args: PythonArgs): StackImage {
	const { site, debian, python, debbase } = args;
	const { pip } = python.series;
	const variant = variantContext(python);
	const key = contentKey({
		debbase: debbase.image.key,
		package: args.package.image.key,
		pip: `${pip.version} ${pip.sha256}`,
		context: { context: CONTEXT },
		...(variant !== undefined && { variant: { context: variant } }),
		changes: imageChanges(pythonName(python)),
		gates: pythonGates(python, debian).command,
	});
	const tag = `python-${versionName(python)}-r${python.packageRelease}`;
	return ofPython(stackImage(site, "python", key, tag), python);
}

/**
 * The names that move to a stack's newest image of a Python's version, and of its series.
 *
 * @param kind which of its images.
 */
export function pythonAliases(
	{ repository }: Pick<ImageNaming, "repository">,
	python: StackPython,
	kind: PythonImageKind = "python",
): string[] {
	return [versionName(python), pythonName(python)].map(
		(version) => `${repository}:${kind}-${version}`,
	);
}

/** What describes the image python of a stack, by its settings. */
export function pythonDescription(args: PythonArgs): Description {
	return describeImage({
		...args,
		image: pythonImage(args),
		from: args.debbase.image,
		package: args.package.image,
	});
}

/**
 * The image python, for production: debbase with the package installed and a virtual environment at
 * /venv, whose pip has the version that the catalog names.
 */
export class PythonImage extends pulumi.ComponentResource {
	readonly image: StackImage;
	/** A name by which others need not follow each new base: an alias, where it has one. */
	readonly alias: string;
	/** `repository@sha256:...`; undefined without a registry. */
	readonly digest: pulumi.Output<string | undefined> | undefined;

	constructor(name: string, args: PythonImageArgs, opts?: pulumi.ComponentResourceOptions) {
		super("debian-python:components:PythonImage", name, {}, opts);
		const { site, python, base, debbase } = args;
		this.image = pythonImage(args);
		const [alias = this.image.name] = args.hasAliases ? pythonAliases(site, python) : [];
		this.alias = alias;
		const committed = new CommittedImage(
			`${name}-image`,
			{
				site,
				image: this.image,
				from: debbase.image,
				packages: args.package.image,
				...pythonInstall(python),
				gates: pythonGates(python, args.debian),
				budget: args.budget,
				ledger: args.ledger,
				aliases: args.hasAliases ? pythonAliases(site, python) : [],
				description: pythonDescription(args),
				labels: {
					...imageLabels(this.image),
					...pythonLabels(python, { base: base.label, package: args.package.version }),
				},
			},
			{ parent: this, dependsOn: [debbase, args.package] },
		);
		this.digest = committed.digest;
		this.registerOutputs({ image: this.image.name });
	}
}

/** The gates of components/python/context/gates, which says what they check. */
export function pythonGates(python: StackPython, debian: DebianRelease): Gates {
	const name = pythonName(python);
	// The virtual environment, where others look for Python, and what dpkg writes for the package. A
	// base that is not slim keeps lintian's files.
	const paths = [
		`/opt/cpython/${name}/`,
		"/venv/",
		...["python", "pip"].flatMap((program) =>
			["", "3", name].map((version) => `/usr/local/bin/${program}${version}`),
		),
		"/etc/profile.d/python.sh",
		"/var/lib/dpkg/",
		`/usr/share/doc/cpython${name}/`,
		`/usr/share/lintian/overrides/cpython${name}`,
	];
	const absent = absentModules(python.series, debian).join(",");
	const gates = python.variant === undefined ? "/mnt/gates" : "/mnt/variant/gates";
	const command = ["/venv/bin/python", gates, name, absent, withoutBytecode(), ...paths];
	return { command, paths };
}

/** A regular expression for the modules that have no bytecode, from the file that debian/rules reads. */
function withoutBytecode(): string {
	const file = "components/pybuild/context/recipe/without-bytecode";
	const lines = readFileSync(file, "utf8").split("\n");
	return lines.filter((line) => line !== "" && !line.startsWith("#")).join("|");
}

/**
 * The OCI annotations of the image, which are labels of its config.
 *
 * @param of `base`, what labels call the stack's base, and `package`, the Debian package's version.
 */
export function pythonLabels(
	python: StackPython,
	of: { readonly base: string; readonly package: string },
): Readonly<Record<string, string>> {
	return {
		...baseLabels(of.base),
		"org.opencontainers.image.title": `Python ${versionName(python)}`,
		"org.opencontainers.image.version": of.package,
		// The revision of the packaged software: CPython's tag for the release.
		"org.opencontainers.image.revision": `v${python.version}`,
	};
}

/** The OCI annotations of the base; its digest only where the reference pins one. */
function baseLabels(reference: string): Record<string, string> {
	const digest = reference.split("@")[1];
	return {
		"org.opencontainers.image.base.name": reference,
		...(digest === undefined ? {} : { "org.opencontainers.image.base.digest": digest }),
	};
}
