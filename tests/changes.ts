/** What becomes of a resource. */
export type Operation = "create" | "update" | "replace" | "delete";

/** What becomes of each resource that does not stay as it is, by its name. */
export type Steps = Readonly<Record<string, Operation>>;

/** A change of a deployed stack, and all that a preview must show for it. */
export interface Change {
	/** What changes, in words. */
	readonly what: string;
	/** Config keys with their new values. */
	readonly config?: Readonly<Record<string, string>>;
	/** A file, from the project root, that gets one more line. */
	readonly file?: string;
	readonly steps: Steps;
}

/** An image that no stack has as its base, and that need not be there: a preview does not look. */
const OTHER_BASE = `debian:bookworm-slim@sha256:${"0".repeat(64)}`;

/*
 * What the engine calls these steps: a RemoteImage with another name is a replace, which builds the
 * new image and forgets the former one, which stays in the daemon (keepLocally); a Command with
 * another environment is an update, which runs it again.
 */
const BOOTSTRAP = { "base-bootstrap": "update" } as const;
const DEBBASE = { "debbase-image": "replace" } as const;
const PYBUILD = { "pybuild-image": "replace" } as const;
const PACKAGE = { "package-build": "update", "package-sbom": "update" } as const;
const WHEELBUILD = {
	"wheelbuild-image-commit": "update",
	"wheelbuild-image-sbom": "update",
} as const;
const PYTHON = {
	"python-image-commit": "update",
	"python-image-sbom": "update",
	...WHEELBUILD,
} as const;

/** What every new base leads to: nothing is compiled. */
const ON_NEW_BASE = { ...DEBBASE, ...PYBUILD, ...PYTHON } as const;

/** Changes of a stack, whatever its base is. */
export const CHANGES: readonly Change[] = [
	{ what: "nothing", steps: {} },
	{
		what: "the package release",
		config: { packageRelease: "2" },
		steps: { ...PACKAGE, ...PYTHON },
	},
	{
		what: "the Python version",
		config: { pythonVersion: "3.13.15" },
		steps: { ...PACKAGE, ...PYTHON },
	},
	{
		what: "the profile",
		config: { profile: "optimized" },
		steps: { ...PACKAGE, ...PYTHON },
	},
	{
		// The keys stay the same: each of these finds its image there, and builds nothing.
		what: "the CA bundle",
		config: { caBundle: "/etc/hostname" },
		steps: {
			"package-build": "update",
			"python-image-commit": "update",
			"wheelbuild-image-commit": "update",
		},
	},
	{ what: "what is let through", config: { allowUnsupported: "true" }, steps: {} },
	{ what: "a file that no key has", file: "README.md", steps: {} },
	{
		what: "the recipe of debbase",
		file: "components/debbase/context/aptinstall",
		steps: ON_NEW_BASE,
	},
	{
		// It decides nothing of what the package step runs.
		what: "pybuild's Dockerfile",
		file: "components/pybuild/context/Dockerfile",
		steps: PYBUILD,
	},
	{
		what: "the packaging",
		file: "components/pybuild/context/recipe/build",
		steps: { ...PYBUILD, ...PACKAGE, ...PYTHON },
	},
	{ what: "the recipe of python", file: "components/python/context/install", steps: PYTHON },
	{
		what: "the recipe of wheelbuild",
		file: "components/wheelbuild/context/buildwheels",
		steps: WHEELBUILD,
	},
];

/** Further changes, of a stack that bootstraps its base from the Debian archive. */
export const ARCHIVE_CHANGES: readonly Change[] = [
	{
		what: "the base, to the archive of a moment",
		config: { snapshot: "20260101T000000Z" },
		steps: { ...BOOTSTRAP, ...ON_NEW_BASE },
	},
	{
		what: "the base, to an image",
		config: { base: OTHER_BASE },
		steps: { "base-bootstrap": "delete", ...ON_NEW_BASE },
	},
	{
		what: "the recipe of the base",
		file: "components/base/context/customize",
		steps: { ...BOOTSTRAP, ...ON_NEW_BASE },
	},
	{
		what: "the Debian release",
		config: { release: "trixie" },
		steps: { ...BOOTSTRAP, ...ON_NEW_BASE, ...PACKAGE },
	},
	{
		what: "the platform",
		config: { platform: "linux/arm64" },
		steps: { ...BOOTSTRAP, ...ON_NEW_BASE, ...PACKAGE },
	},
];

/** Further changes, of a stack whose base is an image. */
export const IMAGE_CHANGES: readonly Change[] = [
	{ what: "the base, to another digest", config: { base: OTHER_BASE }, steps: ON_NEW_BASE },
	{
		what: "the base, to the archive",
		config: { base: "archive" },
		steps: { "base-bootstrap": "create", ...ON_NEW_BASE },
	},
	{
		what: "the Debian release",
		config: { release: "trixie", base: OTHER_BASE.replace("bookworm", "trixie") },
		steps: { ...ON_NEW_BASE, ...PACKAGE },
	},
];
