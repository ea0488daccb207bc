import { createRequire } from "node:module";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { DEFAULT_MIRROR_URL, getTrustedRoot } from "@sigstore/tuf";

/** The keys of sigstore's authorities and logs, and where they are from. */
export interface TrustRoot {
	readonly root: TrustedRoot;
	readonly from: string;
}

/**
 * The keys of sigstore's public instance, by TUF, which also tells which ones are no longer good. Where
 * its repository cannot be reached, those that came with the npm package, pinned by package-lock.json.
 */
export async function publicTrustRoot(): Promise<TrustRoot> {
	try {
		return { root: await getTrustedRoot(), from: "sigstore's TUF repository" };
	} catch (error) {
		const reason = `${DEFAULT_MIRROR_URL}: ${(error as Error).message}`;
		return {
			root: packagedRoot(),
			from: `the npm package @sigstore/tuf, since TUF failed (${reason})`,
		};
	}
}

/** The keys of the public instance at the time when the npm package was made. */
export function packagedRoot(): TrustedRoot {
	const seeds = createRequire(import.meta.url)("@sigstore/tuf/seeds.json") as Record<
		string,
		{ targets: { "trusted_root.json": string } } | undefined
	>;
	const target = seeds[DEFAULT_MIRROR_URL]?.targets["trusted_root.json"] ?? "";
	return TrustedRoot.fromJSON(JSON.parse(Buffer.from(target, "base64").toString()));
}
