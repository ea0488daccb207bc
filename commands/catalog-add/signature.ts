import { existsSync } from "node:fs";
import { join } from "node:path";
import { StepError } from "../../components/step/error.ts";
import type { CPythonSeries, ReleaseManager } from "../../stacks/cpython.ts";

/** A kind of signature: a bundle of sigstore, or a detached one of GPG. */
export type SignatureKind = "sigstore" | "gpg";

/** What follows the tarball's name in its signature's, on python.org. */
export const suffixes: Readonly<Record<SignatureKind, string>> = {
	sigstore: ".sigstore",
	gpg: ".asc",
};

/**
 * The kinds of signature that can be checked for a series, the better one first. With sigstore a key
 * lives for minutes and its use is in a public log; python.org has bundles from 3.7.14, 3.8.14, 3.9.14
 * and 3.10.1 on (sethmlarson/verify-python-release-signatures), and from 3.14 on nothing else (PEP 761).
 *
 * @param keys the folder of the release managers' GPG keys.
 * @throws StepError where there is none.
 */
export function checkableKinds(series: CPythonSeries, keys: string): readonly SignatureKind[] {
	const kinds: SignatureKind[] = [];
	if (series.releaseManagers.some(({ sigstore }) => sigstore !== undefined)) kinds.push("sigstore");
	if (series.releaseManagers.some((manager) => hasKey(manager, keys))) kinds.push("gpg");
	if (kinds.length > 0) return kinds;
	throw new StepError(
		`no signature of CPython ${series.series} can be checked: the GPG key of its release manager is not in ${keys}`,
		missingKeys(series, keys),
	);
}

/** The remedy for GPG keys that a series has and the folder lacks; undefined if there are none. */
export function missingKeys(series: CPythonSeries, keys: string): string | undefined {
	const missing = series.releaseManagers.filter(
		(manager) => manager.gpg !== undefined && !hasKey(manager, keys),
	);
	if (missing.length === 0) return undefined;
	const lines = missing.map(({ name, gpg = "" }) => `${name}'s as ${keyFile(keys, gpg)}`);
	return `export the key from a keyserver (gpg --armor --export FINGERPRINT): ${lines.join(", ")}`;
}

function hasKey({ gpg }: ReleaseManager, keys: string): boolean {
	return gpg !== undefined && existsSync(keyFile(keys, gpg));
}

/** The file of a GPG key, ASCII-armored. */
export function keyFile(keys: string, fingerprint: string): string {
	return join(keys, `${fingerprint}.asc`);
}
