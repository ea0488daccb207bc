import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import type { CPythonSeries } from "../stacks/cpython.ts";
import type { DebianRelease } from "../stacks/debian.ts";
import { CONFIG, type Recorded, record } from "../tests/record.ts";

/*
 * A key has what decides bytes, and nothing else: whatever changes, an image gets another name exactly
 * when the step that makes it gets other inputs, but for those that decide no byte.
 */

vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => {
	vi.doUnmock("../stacks/debian.ts");
	vi.doUnmock("../stacks/cpython.ts");
});

/** Inputs that decide no byte of the image, by the script of the step; every other one does. */
const NO_BYTES: Readonly<Record<string, readonly string[]>> = {
	"components/base/bootstrap.ts": [
		// Which signatures are good: a root that mmdebstrap made of other packages had other sources.
		"KEYRING",
	],
	"components/package/build.ts": [
		...["FOLDER", "LOG", "CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_USE_ENV_PROXY"],
		// From where: its sha256 is in VARIABLES.
		"SOURCE_URL",
		// Where compiled files are kept. They are named by what of the below decides them.
		...["COMPILED", "COMPILED_PROFILE", "COMPILED_LABELS"],
		// Where the patches are: their hash is PATCHES.
		"PATCHES_FOLDER",
	],
	"components/commit/run.ts": ["CA_BUNDLE", "ALIASES", "PATHS", "BUDGET", "LEDGER"],
	"components/minimal/run.ts": ["ALIASES", "BUDGET"],
	image: [],
};

/**
 * Inputs that no config and no catalog varies, but the code alone: those of its constants that decide
 * bytes stand in the keys (changes, options), and contexts are in them as a whole.
 */
const CONSTANT =
	/ (CHANGES|CONTEXT|OPTIONS|LABELS\.debian-python\.(artefact|project))$|^wheelbuild-image-commit GATES$/;

/** What decides bytes of an image, by name; records by their entries, lists as they are. */
type Inputs = Map<string, string>;

interface Made {
	readonly key: string;
	readonly inputs: Inputs;
}

/** Each image of a recorded run: its key, and what its step gets. */
function images(resources: Map<string, Recorded>): Map<string, Made> {
	const made = new Map<string, Made>();
	for (const [name, { inputs }] of resources) {
		const script = (inputs.create ?? "").replace("exec node ", "");
		const known = NO_BYTES[script === "" ? "image" : script];
		if (known === undefined) continue;
		const image: string = inputs.name ?? inputs.environment.IMAGE;
		const repository = image.slice(0, image.lastIndexOf(":") + 1);
		const raw: Record<string, unknown> = inputs.environment ?? {
			...inputs.build.buildArgs,
			LABELS: JSON.stringify(inputs.build.labels),
			PLATFORM: inputs.build.platform,
		};
		const entries = Object.entries(raw)
			.filter(([input]) => input !== "IMAGE" && !known.includes(input))
			.flatMap(([input, value]) => flat(input, String(value).replaceAll(repository, "")));
		made.set(name, { key: image.slice(-12), inputs: new Map(entries) });
	}
	return made;
}

function flat(name: string, value: string): [string, string][] {
	if (!value.startsWith("{")) return [[name, value]];
	return (
		Object.entries(JSON.parse(value) as Record<string, string>)
			// What the key was made of says nothing of what else decides bytes.
			.filter(([entry]) => entry !== "debian-python.inputs")
			.map(([entry, text]) => [`${name}.${entry}`, text])
	);
}

interface Variation {
	readonly config?: Record<string, string>;
	/** A change of the catalogs' entries that the stack has. */
	readonly debian?: (release: DebianRelease) => void;
	readonly series?: (series: CPythonSeries) => void;
}

async function vary(base: Record<string, string>, { config, debian, series }: Variation) {
	vi.doMock("../stacks/debian.ts", async (original) => {
		const catalog = await original<typeof import("../stacks/debian.ts")>();
		debian?.(catalog.debianReleases.bookworm);
		return catalog;
	});
	vi.doMock("../stacks/cpython.ts", async (original) => {
		const catalog = await original<typeof import("../stacks/cpython.ts")>();
		const found = catalog.cpythonSeries.find((entry) => entry.series === "3.13");
		if (found) series?.(found);
		return catalog;
	});
	return images(await record({ ...base, ...config }));
}

const more = (list: readonly string[]) => [...list, "more"];
const zeros = (length: number) => "0".repeat(length);

const patches = mkdtempSync(join(tmpdir(), "patches-"));
writeFileSync(join(patches, "series"), "a.patch\n");
writeFileSync(
	join(patches, "a.patch"),
	"--- a/README.rst\n+++ b/README.rst\n@@ -1 +1 @@\n-a\n+b\n",
);
afterAll(() => rmSync(patches, { recursive: true }));

/** One thing each. */
const VARIATIONS: Readonly<Record<string, Variation>> = {
	"the package release": { config: { packageRelease: "2" } },
	"a further package": { config: { packages: '["tk"]' } },
	"debug symbols": { config: { packages: '["dbgsym"]' } },
	"a patch": { config: { patches } },
	"the profile": { config: { profile: "hardened" } },
	"the variant": { config: { variant: "free-threaded" } },
	"a debug build": { config: { variant: "debug" } },
	"frame pointers": { config: { framePointers: "true" } },
	"the Python version": { config: { pythonVersion: "3.13.15" } },
	"the Python series": { config: { pythonVersion: "3.12.14" } },
	"the platform": { config: { platform: "linux/arm64" } },
	"the runtime packages": { debian: (it) => Object.assign(it, { libraries: more(it.libraries) }) },
	"the build packages": {
		debian: (it) => Object.assign(it, { buildPackages: more(it.buildPackages) }),
	},
	"the compiler of wheelbuild": {
		debian: (it) => Object.assign(it, { compilerPackages: more(it.compilerPackages) }),
	},
	"the further Depends": {
		debian: (it) => Object.assign(it, { extraDepends: more(it.extraDepends) }),
	},
	"debhelper's level": { debian: (it) => Object.assign(it, { debhelperCompat: 12 }) },
	"the number of the release": { debian: (it) => Object.assign(it, { number: 99 }) },
	pip: { series: (it) => Object.assign(it, { pip: { version: "1.0", sha256: zeros(64) } }) },
	"pip's hash": { series: (it) => Object.assign(it.pip, { sha256: zeros(64) }) },
	"the flags of configure": {
		series: (it) => Object.assign(it, { configureFlags: more(it.configureFlags) }),
	},
	"the modules that must import": {
		series: (it) => Object.assign(it, { extensions: more(it.extensions) }),
	},
	"the source": {
		series: (it) => {
			for (const release of it.releases) Object.assign(release, { sha256: zeros(64) });
		},
	},
	"the format of the source": {
		series: (it) => {
			for (const release of it.releases) Object.assign(release, { format: "tgz" });
		},
	},
};

const IMAGE: Readonly<Record<string, Variation>> = {
	"the base": { config: { base: `debian:bookworm-slim@sha256:${zeros(64)}` } },
	// Its archive changes no more.
	"an archived release": {
		config: {
			...{ release: "buster", pythonVersion: "3.11.16", allowUnsupported: "true" },
			base: `debian/eol:buster-slim@sha256:${zeros(64)}`,
		},
	},
	"the Debian release": {
		config: { release: "trixie", base: `debian:trixie-slim@sha256:${zeros(64)}` },
	},
};

const ARCHIVE: Readonly<Record<string, Variation>> = {
	"the Debian release": { config: { release: "trixie" } },
	"the moment of the archive": { config: { snapshot: "20260101T000000Z" } },
	"a frozen archive": { debian: (it) => Object.assign(it, { archive: "archived" }) },
	"the suites": { debian: (it) => Object.assign(it.suites, { main: "other" }) },
};

/** What must change no key. */
const SAME: Readonly<Record<string, Variation>> = {
	"the CA bundle": { config: { caBundle: "/etc/hostname" } },
	"a registry": { config: { registry: "127.0.0.1:9/team/python" } },
	"what is let through": { config: { allowUnsupported: "true" } },
	"the keyring's place": { debian: (it) => Object.assign(it, { keyring: "/elsewhere" }) },
	"dates of support": { debian: (it) => Object.assign(it, { eltsEnd: "2099-01-01" }) },
	"who signs": { series: (it) => Object.assign(it, { releaseManagers: [] }) },
	"old TLS": { debian: (it) => Object.assign(it, { hasOldTls: true }) },
};

function expectTold(before: Map<string, Made>, after: Map<string, Made>): void {
	for (const [name, made] of before) {
		const other = after.get(name);
		if (other === undefined) continue;
		const changed = [...new Set([...made.inputs.keys(), ...other.inputs.keys()])].filter(
			(input) => made.inputs.get(input) !== other.inputs.get(input),
		);
		const keys = [made.key, other.key];
		if (changed.length > 0) expect(new Set(keys).size, `${name}: ${changed.join(", ")}`).toBe(2);
	}
}

describe.each([
	[
		"an image, and the image minimal",
		{ ...CONFIG, variant: "minimal" },
		{ ...VARIATIONS, ...IMAGE },
	],
	[
		"the archive",
		{ ...CONFIG, base: "archive", snapshot: "20260601T000000Z" },
		{ ...VARIATIONS, ...ARCHIVE },
	],
])("with a base from %s", (_, config, variations) => {
	it("each input that decides bytes gives another key, and is varied here", async () => {
		const before = await vary(config, {});
		const left = new Map([...before].map(([name, { inputs }]) => [name, new Set(inputs.keys())]));
		for (const variation of Object.values(variations)) {
			const after = await vary(config, variation);
			expectTold(before, after);
			for (const [name, { inputs }] of after) {
				for (const [input, value] of before.get(name)?.inputs ?? [])
					if (inputs.get(input) !== value) left.get(name)?.delete(input);
			}
		}
		const constant = [...left].flatMap(([name, inputs]) =>
			[...inputs].map((it) => `${name} ${it}`),
		);
		expect(constant.filter((input) => !CONSTANT.test(input))).toEqual([]);
	}, 60_000);

	it.each(Object.entries(SAME))(
		"%s changes no key",
		async (__, variation) => {
			const keys = (made: Map<string, Made>) => [...made].map(([name, { key }]) => [name, key]);
			const before = await vary(config, {});
			expect(keys(await vary(config, variation))).toEqual(keys(before));
		},
		60_000,
	);
});
