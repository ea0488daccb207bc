import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { readProvenance } from "../sbom/attach.ts";
import { type Descriptor, PREDICATE_TYPE, type Statement } from "../sbom/provenance.ts";

/** The predicate of an image's signature, which says nothing more (cosign, since version 3). */
export const SIGNATURE = "https://sigstore.dev/cosign/sign/v1";

/** The predicate of an SBOM in CycloneDX (in-toto attestation specification, "Predicates"). */
export const BOM = "https://cyclonedx.org/bom";

/** The predicate of a provenance. */
export const PROVENANCE = PREDICATE_TYPE;

/** What is signed: an in-toto statement. */
export interface SignableStatement {
	readonly predicateType: string;
	/** The rest of it: read and asked for only where it is to be signed. */
	content(): Promise<StatementContent>;
}

/** What a statement says, and of what. */
export interface StatementContent {
	readonly subject: readonly Descriptor[];
	readonly predicate: unknown;
}

/**
 * What is signed of an image: that it is ours, its SBOM, and its provenance with the commit of this
 * project that made it.
 *
 * @param digest of its manifest in the registry, `sha256:...`.
 * @param files its SBOM and its provenance, as far as they are there.
 */
export function statementsOf(
	image: string,
	digest: string,
	files: readonly string[],
): SignableStatement[] {
	const sum = { sha256: digest.replace("sha256:", "") };
	const described = files
		.filter((file) => existsSync(file))
		.map((file): SignableStatement => {
			if (!file.endsWith(".intoto.json"))
				return {
					predicateType: BOM,
					content: async () => ({
						subject: [{ name: image, digest: sum }],
						predicate: JSON.parse(await readFile(file, "utf8")) as unknown,
					}),
				};
			return {
				predicateType: PROVENANCE,
				content: async () =>
					withCommit(await readProvenance(file, image, digest), await commitOf(process.cwd())),
			};
		});
	const signature = async () => ({ subject: [{ digest: sum }], predicate: {} });
	return [{ predicateType: SIGNATURE, content: signature }, ...described];
}

/** The commit of this project, among what a provenance names. */
interface Definition {
	readonly resolvedDependencies?: readonly Descriptor[];
}

function withCommit(statement: Statement, commit: Descriptor | undefined): Statement {
	if (commit === undefined) return statement;
	const { buildDefinition, runDetails } = statement.predicate;
	const { resolvedDependencies = [] } = buildDefinition as Definition;
	const own = { ...buildDefinition, resolvedDependencies: [...resolvedDependencies, commit] };
	return { ...statement, predicate: { buildDefinition: own, runDetails } };
}

/** The commit that a folder is a clean checkout of; undefined where it is none. */
async function commitOf(folder: string): Promise<Descriptor | undefined> {
	const git = async (...args: string[]) => {
		const { failed, stdout } = await execa("git", args, { cwd: folder, reject: false });
		return failed ? undefined : stdout;
	};
	const [commit, changes, origin] = await Promise.all([
		git("rev-parse", "HEAD"),
		git("status", "--porcelain", "--untracked-files=no"),
		git("remote", "get-url", "origin"),
	]);
	if (commit === undefined || changes !== "") return undefined;
	const uri = origin === undefined ? {} : { uri: `git+${withoutPassword(origin)}` };
	return { ...uri, digest: { gitCommit: commit } };
}

/** An address of git's without who logs in. */
function withoutPassword(address: string): string {
	return address.replace(/^(\w+:\/\/)[^/@]*@/, "$1");
}
