/** Decides, for each distribution of a lock, whether a wheel is downloaded or compiled. */

import { posix } from "node:path";
import type { Choice, CompiledWheel, LockedDistribution, LockedFile } from "./lock.ts";
import { LockError } from "./lock-error.ts";
import { LockFile } from "./lock-file.ts";
import { normalizeName } from "./names.ts";
import { selectPackages } from "./pylock.ts";
import { type BuildLock, buildLockName, type Lock } from "./read-lock.ts";
import { bestWheel, tagRanks } from "./tags.ts";
import { describeTarget, type Target } from "./target.ts";

/** What a choice depends on beside the lock. */
export interface ChooseOptions {
	/** Names of what is compiled though a wheel fits, or all: build tools too. */
	readonly fromSource: readonly string[] | ":all:";
	/** Absent: the app has none, so nothing can be compiled. */
	readonly buildLock?: BuildLock | undefined;
	/** Debian packages that builds need, by the name of the distribution. */
	readonly buildPackages: Readonly<Record<string, readonly string[]>>;
}

/**
 * What is to be done for each distribution of a lock, in the order of names.
 *
 * A distribution is compiled where from-source names it, or where no wheel fits. Throws a LockError:
 * a distribution without a wheel that fits and a source distribution, one that is compiled without a
 * lock of what builds it, a name in `options` that the lock has not.
 */
export function chooseFiles(lock: Lock, target: Target, options: ChooseOptions): Choice[] {
	const chooser = new Chooser(lock, target, options);
	chooser.refuseUnknownNames();
	const choices = lock.distributions.flatMap(
		(distribution) => chooser.choose(distribution, chooser.lockFile, chooser.named) ?? [],
	);
	chooser.finish();
	return choices;
}

/**
 * What builds the app's own wheel, or that of a folder at `path` from there, in the order of names: the
 * group of its name in the build lock. `digest` is what the group must have been locked for
 * (buildSystemDigest). Throws a LockError.
 */
export function chooseOwnBuild(
	lock: Lock,
	app: { readonly name: string; readonly path?: string; readonly digest: string },
	target: Target,
	options: ChooseOptions,
): Choice[] {
	const chooser = new Chooser(lock, target, options);
	const choices = chooser.buildRequirements(
		app.name,
		app.digest,
		`build-system of ${posix.join(app.path ?? "", "pyproject.toml")}`,
		[],
	);
	chooser.finish();
	return choices;
}

/** Compiled all, or those of these names. */
type FromSource = ReadonlySet<string> | ":all:";

class Chooser {
	readonly lockFile: LockFile;
	/** What from-source names, for distributions of the lock itself. */
	readonly named: FromSource;
	readonly #buildFile: LockFile;
	readonly #projectFile: LockFile;
	readonly #lock: Lock;
	readonly #target: Target;
	readonly #ranks: ReadonlyMap<string, number>;
	readonly #buildLock: BuildLock | undefined;
	readonly #buildPackages: ReadonlyMap<string, readonly string[]>;
	/** What builds a distribution, by its group and digest: setuptools' is asked for often. */
	readonly #builds = new Map<string, Choice[]>();

	constructor(lock: Lock, target: Target, options: ChooseOptions) {
		const { fromSource, buildLock, buildPackages } = options;
		this.lockFile = new LockFile(lock.folder, lock.name);
		this.named = fromSource === ":all:" ? fromSource : new Set(fromSource.map(normalizeName));
		this.#buildFile = new LockFile(lock.folder, buildLockName);
		this.#projectFile = new LockFile(lock.folder, "pyproject.toml");
		this.#lock = lock;
		this.#target = target;
		this.#ranks = tagRanks(target);
		this.#buildLock = buildLock;
		this.#buildPackages = new Map(
			Object.entries(buildPackages).map(([name, packages]) => [normalizeName(name), packages]),
		);
	}

	/** Throws all problems, if there are any. */
	finish(): void {
		const files = [this.#projectFile, this.lockFile, this.#buildFile];
		const problems = files.flatMap((file) => file.problems);
		if (problems.length > 0) throw new LockError(problems);
	}

	/** Refuses names of `options` that are of no distribution, whichever the target. */
	refuseUnknownNames(): void {
		const { groups = [], packages = [] } = this.#buildLock?.pylock ?? {};
		const known = new Set([...this.#lock.names, ...groups, ...packages.map(({ name }) => name)]);
		const refuse = (key: string, name: string) =>
			this.#projectFile.refuse(
				`tool.debian-python.${key}`,
				name,
				`is no distribution of ${this.#lock.name}`,
				"write the name of one, or leave it out",
			);
		for (const name of this.#buildPackages.keys())
			if (!known.has(name)) refuse("build-packages", name);
		if (this.named === ":all:") return;
		for (const name of this.named) if (!this.#lock.names.has(name)) refuse("from-source", name);
	}

	/** `undefined`, and a problem, if there is nothing to choose. `chain`: what it is built for. */
	choose(
		distribution: LockedDistribution,
		file: LockFile,
		fromSource: FromSource,
		chain: readonly string[] = [],
	): Choice | undefined {
		const { name, version, files } = distribution;
		const isNamed = fromSource === ":all:" || fromSource.has(name);
		const wheel = isNamed ? undefined : this.#bestWheel(files);
		if (wheel !== undefined) return { kind: "downloaded", name, version, file: wheel };
		const sdist = files.find((entry) => !isWheel(entry));
		if (sdist !== undefined) return this.#compile(distribution, sdist, isNamed, chain);
		this.#refuseFiles(distribution, file, isNamed);
		return undefined;
	}

	#bestWheel(files: readonly LockedFile[]): LockedFile | undefined {
		const names = files.map(({ name }) => name);
		const best = bestWheel(names, this.#ranks);
		return files.find((file) => file.name === best);
	}

	#refuseFiles({ name, version }: LockedDistribution, file: LockFile, isNamed: boolean): void {
		const key = `packages.${name}`;
		if (isNamed)
			file.refuse(
				key,
				version,
				"is to be compiled, and has no source distribution",
				"leave it out of tool.debian-python.from-source in pyproject.toml",
			);
		else
			file.refuse(
				key,
				version,
				`has no wheel for ${describeTarget(this.#target)}, and no source distribution`,
				"lock a version that has one",
			);
	}

	#compile(
		{ name, version }: LockedDistribution,
		sdist: LockedFile,
		isNamed: boolean,
		chain: readonly string[],
	): CompiledWheel | undefined {
		if (chain.includes(name)) {
			const circle = [...chain.slice(chain.indexOf(name)), name].join(" needs ");
			this.#buildFile.refuse(
				"dependency-groups",
				name,
				`must be there before it is built: ${circle}`,
				"let one of them be downloaded: name what is compiled in from-source, without it",
			);
			return undefined;
		}
		return {
			kind: "compiled",
			name,
			version,
			sdist,
			why: isNamed ? "from-source names it" : "no wheel of the lock fits",
			buildRequirements: this.buildRequirements(name, sdist.sha256, sdist.name, [...chain, name]),
			buildPackages: this.#buildPackages.get(name) ?? [],
		};
	}

	/**
	 * What builds a distribution: the group of its name, if that was locked for `digest`, the hash of
	 * its source distribution, which `source` names in messages.
	 */
	buildRequirements(
		group: string,
		digest: string,
		source: string,
		chain: readonly string[],
	): Choice[] {
		const key = `${group} ${digest}`;
		const choices =
			this.#builds.get(key) ??
			this.#lockedGroup(group, digest, source).flatMap(
				(requirement) => this.choose(requirement, this.#buildFile, this.#namedTools, chain) ?? [],
			);
		this.#builds.set(key, choices);
		return choices;
	}

	#lockedGroup(group: string, digest: string, source: string): LockedDistribution[] {
		const pylock = this.#buildLock?.pylock;
		const file = this.#buildFile;
		const digests = pylock?.requires[group];
		if (pylock?.groups.includes(group) && digests?.includes(digest))
			return selectPackages(file, pylock, this.#target, [group]);
		if (digests === undefined || !pylock?.groups.includes(group))
			file.refuse("dependency-groups", group, "is compiled here, and what builds it is not locked");
		else
			file.refuse(
				`tool.debian-python.requires.${group}`,
				digests.join(),
				`is not of ${source}: the lock is stale`,
			);
		return [];
	}

	/** Of build tools all are compiled, or those for which no wheel fits. */
	get #namedTools(): FromSource {
		return this.named === ":all:" ? this.named : new Set();
	}
}

const isWheel = ({ name }: LockedFile) => name.endsWith(".whl");
