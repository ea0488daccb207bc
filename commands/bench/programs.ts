/**
 * The programs that `npm run bench` runs: a part of pyperformance, chosen once, so that figures of
 * different days can be compared.
 *
 * These are the programs that need nothing but the standard library, spend their time in the
 * processor, not in files or sockets, and take less than some two seconds for one value. Where a
 * program has several benchmarks, it is the one that its arguments name, else the first.
 */

/** One benchmark of pyperformance. */
export interface Program {
	/** What the table calls it. */
	readonly name: string;
	/** Folder in pyperformance's data-files/benchmarks, without its `bm_`. */
	readonly folder: string;
	/** Arguments of its run_benchmark.py. */
	readonly args: readonly string[];
}

/** Wheels for pip's `--require-hashes`: pyperf imports psutil and packaging only where they are. */
export const requirements = [
	"pyperf==2.10.0 --hash=sha256:79196bc4a11e3c926dd4c6b14c80136c6b37f884fe913cbc57037f37636e9841",
	"pyperformance==1.14.0 --hash=sha256:94068ac2935b6952ccb5e8a302eb9cebc26e82454494bef6e53822738adf0049",
] as const;

const names = [
	"async_generators",
	"chaos",
	"comprehensions",
	"coroutines",
	"deepcopy",
	"deltablue",
	"fannkuch",
	"float",
	"generators",
	"go",
	"hexiom",
	"json_dumps",
	"json_loads",
	"logging simple",
	"meteor_contest",
	"nbody",
	"nqueens",
	"pickle --pure-python pickle",
	"pickle --pure-python unpickle",
	"pyflate",
	"raytrace",
	"regex_compile",
	"regex_effbot",
	"regex_v8",
	"richards",
	"scimark lu",
	"scimark sor",
	"scimark sparse_mat_mult",
	"spectral_norm",
	"telco",
	"typing_runtime_protocols",
	"unpack_sequence",
] as const;

/** All of them. */
export const programs: readonly Program[] = names.map((name) => {
	const [folder = "", ...args] = name.split(" ");
	const options = args.filter((arg) => !arg.startsWith("--"));
	return { name: [folder, ...options].join(" "), folder, args };
});

/** Three short ones, to see in a minute that everything works. */
export const quickPrograms: readonly Program[] = programs.filter(({ name }) =>
	["deltablue", "json_dumps", "scimark lu"].includes(name),
);
