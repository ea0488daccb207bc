/**
 * What a lock file says, whichever format it has: pylock.toml (PEP 751), or uv.lock.
 */

/** A file of a distribution, which its hash names. */
export interface LockedFile {
	/** Its name, such as `psycopg2-2.9.10.tar.gz`; it tells a wheel from a source distribution. */
	readonly name: string;
	/** SHA-256 in lower case hexadecimal digits. */
	readonly sha256: string;
	/** Where it is (http, https); absent where the package index has to be asked for its hash. */
	readonly url?: string;
	/** In bytes, where the lock says it. */
	readonly size?: number;
}

/** A distribution of a lock that this Python on this platform is to have. */
export interface LockedDistribution {
	/** Normalised (PEP 503). */
	readonly name: string;
	/** Of PEP 440, as the lock has it. */
	readonly version: string;
	/** All its files in the lock: a source distribution and wheels of all platforms. */
	readonly files: readonly LockedFile[];
}

/** A distribution of a lock that is a folder beside the app's, or in it: it has no hash, and changes with the code. */
export interface LockedFolder {
	/** Normalised. */
	readonly name: string;
	/** From the app's folder: `../../libs/core`. */
	readonly path: string;
	/** Its key in the lock. */
	readonly key: string;
}

/** What is to be done for a distribution. */
export type Choice = DownloadedWheel | CompiledWheel;

/** A wheel that others built, as it is. */
export interface DownloadedWheel {
	readonly kind: "downloaded";
	readonly name: string;
	readonly version: string;
	readonly file: LockedFile;
}

/** A wheel that is compiled here, from its source distribution. */
export interface CompiledWheel {
	readonly kind: "compiled";
	readonly name: string;
	readonly version: string;
	readonly sdist: LockedFile;
	/** Why it is compiled: `from-source names it`, or that no wheel of the lock fits. */
	readonly why: string;
	/** What must be there to build it, locked as well, in the order of their names. */
	readonly buildRequirements: readonly Choice[];
	/** Debian packages that its build needs. */
	readonly buildPackages: readonly string[];
}
