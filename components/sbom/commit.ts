import { execa } from "execa";
import type { Descriptor, Statement } from "./provenance.ts";

/** What a provenance names. */
interface Definition {
	readonly resolvedDependencies?: readonly Descriptor[];
}

/**
 * A provenance with the commit of this project that this is a clean checkout of; where it is none, as it is.
 */
export async function withCommit(statement: Statement): Promise<Statement> {
	const commit = await commitOf(process.cwd());
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
