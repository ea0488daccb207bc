import { publicTrustRoot, type TrustRoot } from "../../components/signing/trust-root.ts";
import { StepError } from "../../components/step/error.ts";
import { sha256 } from "../../components/step/file.ts";
import { quote } from "../../stacks/config-error.ts";
import { type CPythonSeries, cpythonSeries, parseVersion, seriesOf } from "../../stacks/cpython.ts";
import { writeRelease } from "./catalog-file.ts";
import { checkContent } from "./content.ts";
import { checkGpg } from "./gpg.ts";
import { aptMirrors, tarballUrls } from "./places.ts";
import { checkableKinds, missingKeys, type SignatureKind } from "./signature.ts";
import { checkSigstore } from "./sigstore.ts";
import { fetchSource, readSource, type SignedSource } from "./source.ts";

/** What the command works with; tests have their own. */
export interface Surroundings {
	/** The catalog's file. */
	readonly catalog: string;
	/** The folder of the release managers' GPG keys. */
	readonly keys: string;
	seriesOf(version: string): CPythonSeries | undefined;
	trustRoot(): Promise<TrustRoot>;
	/** Says what is under way. */
	say(line: string): void;
}

/** The project's own catalog, from its folder; and sigstore's public instance. */
export const project: Omit<Surroundings, "say"> = {
	catalog: "stacks/cpython.ts",
	keys: "stacks/keys",
	seriesOf,
	trustRoot: publicTrustRoot,
};

/** A release that was verified. */
export interface Verified {
	readonly sha256: string;
	/** False where the catalog had it already. */
	readonly added: boolean;
}

/**
 * Fetch the source of a CPython release, verify its signature, and write its hash into the catalog.
 * Nothing is written before everything is verified.
 *
 * @param file a tarball at hand, its signature beside it, in place of one from the network.
 */
export async function addRelease(
	version: string,
	file: string | undefined,
	surroundings: Surroundings,
): Promise<Verified> {
	const { catalog, keys, say } = surroundings;
	const series = knownSeries(version, surroundings);
	const kinds = checkableKinds(series, keys);
	const source = await findSource(version, file, series, kinds, keys);
	say(`${source.from}: ${source.tarball.length} bytes`);
	say(`signed by ${await checkSignature(source, series, surroundings)}`);
	await checkContent(source, version);
	const release = { version, format: source.format, sha256: sha256(source.tarball) };
	return { sha256: release.sha256, added: await writeRelease(catalog, series.series, release) };
}

function knownSeries(version: string, { seriesOf }: Surroundings): CPythonSeries {
	const parsed = parseVersion(version);
	if (parsed === undefined)
		throw new StepError(
			`${quote(version)} is no full version of CPython`,
			"write one such as 3.14.8 or 3.15.0rc1",
		);
	const series = seriesOf(version);
	if (series !== undefined) return series;
	const known = cpythonSeries.map((each) => each.series).join(", ");
	throw new StepError(
		`${version}: the catalog has no series ${parsed.major}.${parsed.minor}; known: ${known}`,
		"add the series to stacks/cpython.ts first (CONTRIBUTING.md, Add a Python)",
	);
}

async function findSource(
	version: string,
	file: string | undefined,
	series: CPythonSeries,
	kinds: readonly SignatureKind[],
	keys: string,
): Promise<SignedSource> {
	try {
		if (file !== undefined) return readSource(file, kinds);
		const format = series.releases.find((known) => known.version === version)?.format ?? "tar.xz";
		return await fetchSource(tarballUrls(version, format, await aptMirrors()), format, kinds);
	} catch (error) {
		// A signature of GPG was not looked for if nobody's key is here.
		const remedy = kinds.includes("gpg") ? undefined : missingKeys(series, keys);
		if (!(error instanceof StepError) || remedy === undefined) throw error;
		throw new StepError(error.message, `for a GPG signature (.asc) ${remedy}`);
	}
}

async function checkSignature(
	{ tarball, kind, signature }: SignedSource,
	{ releaseManagers }: CPythonSeries,
	{ keys, trustRoot, say }: Surroundings,
): Promise<string> {
	if (kind === "gpg") return await checkGpg(tarball, signature, releaseManagers, keys);
	const root = await trustRoot();
	say(`sigstore's keys are from ${root.from}`);
	return checkSigstore(tarball, signature, releaseManagers, root);
}
