import { Factories } from "@cyclonedx/cyclonedx-library/Contrib/License";
import {
	ComponentType,
	ExternalReferenceType,
	HashAlgorithm,
} from "@cyclonedx/cyclonedx-library/Enums";
import {
	Bom,
	Component,
	ExternalReference,
	NamedLicense,
	Property,
	SpdxLicense,
	Tool,
} from "@cyclonedx/cyclonedx-library/Models";
import { JSON as CycloneDxJson, JsonSerializer } from "@cyclonedx/cyclonedx-library/Serialize";
import { Spec1dot6 } from "@cyclonedx/cyclonedx-library/Spec";
import { sourceUrl } from "../../stacks/cpython.ts";
import { DEB_SUM } from "../step/docker.ts";
import { sha256 } from "../step/file.ts";
import type { DebianPackage } from "./debian-packages.ts";
import type {
	AppFacts,
	Bundled,
	CPythonSource,
	Deb,
	Distribution,
	Facts,
	Licence,
	LocalFacts,
	SourceFile,
} from "./facts.ts";
import { withPedigree } from "./pedigree.ts";
import { debPurl, imagePurl, pypiPurl } from "./purl.ts";

/** Who makes the packages that are not Debian's: the vendor in their package URLs. */
const VENDOR = "debian-python";

/**
 * The SBOM of an image, or of the package: CycloneDX 1.6 in JSON. The same facts give the same
 * bytes: there is no time in it, and its serial number follows from its content.
 */
export function billOfMaterials(facts: Facts): string {
	const cpython = cpythonComponent(facts.cpython, facts.bundled);
	const [main, ...otherDebs] = facts.debs.map((deb) => debComponent(deb, facts));
	const contents = main === undefined ? imageContents(facts, cpython) : [cpython, ...otherDebs];
	const subject = main ?? imageComponent(facts);
	for (const { bomRef } of contents) subject.dependencies.add(bomRef);
	return serialize(subject, contents, (text) => withPedigree(text, cpython, facts.cpython));
}

function serialize(
	subject: Component,
	contents: readonly Component[],
	complete: (text: string) => string,
): string {
	const bom = new Bom();
	bom.metadata.tools.tools.add(new Tool({ name: VENDOR }));
	bom.metadata.component = subject;
	for (const component of contents) bom.components.add(component);
	const serializer = new JsonSerializer(new CycloneDxJson.Normalize.Factory(Spec1dot6));
	const text = () => complete(serializer.serialize(bom, { sortLists: true, space: 2 }));
	bom.serialNumber = `urn:uuid:${contentUuid(text())}`;
	return `${text()}\n`;
}

/** A UUID made from a content: version 8, variant 2 (RFC 9562, 5.8). */
function contentUuid(content: string): string {
	const hex = sha256(content);
	const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`${variant}${hex.slice(17, 20)}`,
		hex.slice(20, 32),
	].join("-");
}

function imageComponent({ image, labels, platform }: Facts): Component {
	const colon = image.lastIndexOf(":");
	const component = new Component(ComponentType.Container, image.slice(0, colon), {
		bomRef: imagePurl(image, platform),
		version: image.slice(colon + 1),
	});
	for (const name of ["org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"])
		if (labels[name] !== undefined) component.properties.add(new Property(name, labels[name]));
	return component;
}

function imageContents(facts: Facts, cpython: Component): Component[] {
	const { debian, labels, packages, packageName, pip } = facts;
	const components = new Map(
		packages.map((each) => {
			const isOwn = each.source.name === packageName;
			return [each.name, packageComponent(each, debian.number, isOwn ? VENDOR : "debian")];
		}),
	);
	for (const { name, depends } of packages)
		for (const needed of depends) depend(components.get(name), components.get(needed));
	const own = components.get(packageName);
	const deb = labels[DEB_SUM];
	if (deb !== undefined) own?.hashes.set(HashAlgorithm["SHA-256"], deb);
	depend(own, cpython);
	const wheels = [
		// A lock may have another one, which then replaced it.
		...(pip === undefined || facts.app?.distributions.some(({ name }) => name === pip.name)
			? []
			: [libraryComponent({ ...pip, purl: pypiPurl(pip.name, pip.version) })]),
		...(facts.app?.distributions ?? []).map((each) => distributionComponent(each, components)),
		...(facts.app?.locals ?? []).map((each) =>
			ownComponent(ComponentType.Library, "local", each, components),
		),
		...(facts.app === undefined ? [] : [appComponent(facts.app, components)]),
	];
	for (const each of wheels) depend(each, own);
	return [systemComponent(debian), cpython, ...components.values(), ...wheels];
}

function depend(component: Component | undefined, needed: Component | undefined): void {
	if (needed !== undefined) component?.dependencies.add(needed.bomRef);
}

function systemComponent({ number, codename }: Facts["debian"]): Component {
	return new Component(ComponentType.OperatingSystem, "debian", {
		bomRef: `debian-${number}`,
		version: number,
		description: `Debian ${number} (${codename})`,
		// The National Vulnerability Database writes Debian's releases with one decimal.
		cpe: `cpe:2.3:o:debian:debian_linux:${number}.0:*:*:*:*:*:*:*`,
	});
}

function packageComponent(each: DebianPackage, number: string, vendor: string): Component {
	const purl = debPurl(vendor, each, number, each.source);
	const component = new Component(ComponentType.Library, each.name, {
		bomRef: purl,
		purl,
		version: each.version,
	});
	for (const licence of each.licences) component.licenses.add(new NamedLicense(licence));
	return component;
}

function debComponent(deb: Deb, { debian }: Facts): Component {
	const purl = debPurl(VENDOR, deb, debian.number);
	const component = new Component(ComponentType.Application, deb.name, {
		bomRef: purl,
		purl,
		version: deb.version,
	});
	component.hashes.set(HashAlgorithm["SHA-256"], deb.sha256);
	component.properties.add(new Property("debian-python:file", deb.file));
	if (deb.depends !== undefined)
		component.properties.add(new Property("debian-python:depends", deb.depends));
	return component;
}

function cpythonComponent(source: CPythonSource, bundled: readonly Bundled[]): Component {
	const { version } = source;
	// A pre-release is an update of its release (CPE naming, NISTIR 7695): python:3.15.0:rc1.
	const [, release = version, update = "*"] = /^([\d.]+)([a-z]+\d+)?$/.exec(version) ?? [];
	const component = new Component(ComponentType.Application, "CPython", {
		bomRef: `cpython@${version}`,
		version,
		cpe: `cpe:2.3:a:python:python:${release}:${update}:*:*:*:*:*:*`,
		purl: `pkg:generic/cpython@${version}?checksum=sha256:${source.sha256}`,
	});
	component.licenses.add(new SpdxLicense("PSF-2.0"));
	component.externalReferences.add(archive(sourceUrl(version, source.format), source.sha256));
	for (const each of bundled) {
		const nested = libraryComponent(each);
		nested.bomRef.value = `cpython@${version}/${each.name}@${each.version}`;
		component.components.add(nested);
	}
	return component;
}

function libraryComponent({
	name,
	version,
	purl,
	cpe,
	url,
	sha256: sum,
	licences,
}: Bundled): Component {
	const component = new Component(ComponentType.Library, name, {
		...(purl !== undefined && { bomRef: purl, purl }),
		version,
		...(cpe !== undefined && { cpe }),
	});
	addLicences(component, licences);
	if (url !== undefined) component.externalReferences.add(archive(url, sum));
	else if (sum !== undefined) component.hashes.set(HashAlgorithm["SHA-256"], sum);
	return component;
}

/**
 * A distribution of an app, with what its wheel brings along inside it.
 *
 * @param packages those of Debian, by name, of which it may link some.
 */
function distributionComponent(
	{ name, version, wheel, sdist, licences, bundled, linked }: Distribution,
	packages: ReadonlyMap<string, Component>,
): Component {
	const component = libraryComponent({
		...{ name, version, licences, sha256: wheel.sha256 },
		purl: pypiPurl(name, version),
	});
	addWheel(component, wheel, sdist === undefined ? "downloaded" : "compiled here");
	if (sdist !== undefined)
		component.externalReferences.add(archive(addressOf(sdist), sdist.sha256));
	for (const each of linked) depend(component, packages.get(each));
	const nested = new Map<string, Component>();
	for (const each of bundled) {
		const reference = `${component.bomRef.value}/${each.name}@${each.version}`;
		const part = libraryComponent(each);
		part.bomRef.value = reference;
		nested.set(reference, part);
	}
	for (const each of nested.values()) component.components.add(each);
	return component;
}

/** It has no purl: of its name there may be a stranger's distribution in the package index. */
function appComponent(app: AppFacts, packages: ReadonlyMap<string, Component>): Component {
	return ownComponent(ComponentType.Application, "app", app, packages);
}

/** The same of what is built of a folder. */
function ownComponent(
	type: ComponentType,
	kind: "app" | "local",
	{
		name,
		version = "",
		wheel,
		licences,
		linked,
	}: Pick<AppFacts, "wheel"> & Omit<LocalFacts, "wheel">,
	packages: ReadonlyMap<string, Component>,
): Component {
	const component = new Component(type, name, { bomRef: `${kind}/${name}@${version}`, version });
	addLicences(component, licences);
	if (wheel !== undefined) {
		component.hashes.set(HashAlgorithm["SHA-256"], wheel.sha256);
		addWheel(component, wheel, "compiled here");
	}
	for (const each of linked) depend(component, packages.get(each));
	return component;
}

function addWheel(component: Component, wheel: SourceFile, origin: string): void {
	component.properties.add(new Property("debian-python:wheel", origin));
	component.properties.add(new Property("debian-python:file", wheel.name));
	if (wheel.url === undefined) return;
	const reference = new ExternalReference(wheel.url, ExternalReferenceType.Distribution);
	reference.hashes.set(HashAlgorithm["SHA-256"], wheel.sha256);
	component.externalReferences.add(reference);
}

/** Where a lock does not say it, the file's name, relative to whichever index has it. */
function addressOf({ name, url }: SourceFile): string {
	return url ?? encodeURIComponent(name);
}

/** An expression is taken as it is: build tools and the package index check it (PEP 639). */
const licenceFactory = new Factories.LicenseFactory(() => undefined);

function addLicences(component: Component, licences: readonly Licence[] = []): void {
	for (const licence of licences)
		component.licenses.add(
			"expression" in licence
				? licenceFactory.makeFromString(licence.expression)
				: licenceFactory.makeDisjunctive(licence.name),
		);
}

function archive(url: string, sum: string | undefined): ExternalReference {
	const reference = new ExternalReference(url, ExternalReferenceType.SourceDistribution);
	if (sum !== undefined) reference.hashes.set(HashAlgorithm["SHA-256"], sum);
	return reference;
}
