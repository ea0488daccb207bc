import { existsSync } from "node:fs";
import { execa } from "execa";
import { docker, dockerError, labelChanges, PROJECT_LABEL } from "../step/docker.ts";
import { environment, environmentRecord } from "../step/environment.ts";
import { StepError } from "../step/error.ts";
import { findImage } from "../step/registry.ts";
import { runStep, type Step } from "../step/step.ts";

/*
 * Bootstrap a Debian root file system from the archive with mmdebstrap, and import it as an image.
 * The command of DebianBase (base.ts) says what each variable means.
 */

/** Debian's own slim images leave these out (debuerreotype-slimify, .slimify-excludes). */
const SLIM = [
	"path-exclude=/usr/share/doc/*",
	"path-include=/usr/share/doc/*/copyright",
	"path-exclude=/usr/share/groff/*",
	"path-exclude=/usr/share/info/*",
	"path-exclude=/usr/share/linda/*",
	"path-exclude=/usr/share/lintian/*",
	"path-exclude=/usr/share/locale/*",
	"path-exclude=/usr/share/man/*",
];

/** Without this hook bookworm's init-system-helpers brings usrmerge, and that all of perl: 47 MB. */
const MERGED_USR_HOOK = "/usr/share/mmdebstrap/hooks/maybe-merged-usr";

await runStep(async (step) => {
	const image = environment("IMAGE");
	if (!(await findImage(image, step.signal))) await bootstrap(step, image);
	return { image };
});

async function bootstrap(step: Step, image: string): Promise<void> {
	step.progress(`bootstrap ${environment("RELEASE")} with mmdebstrap`);
	const folder = step.createFolder();
	const mmdebstrap = execa("mmdebstrap", mmdebstrapArguments(), {
		env: { TMPDIR: folder },
		stdout: "pipe",
		buffer: { stdout: false },
		cancelSignal: step.signal,
		reject: false,
	});
	const labels = {
		...environmentRecord("LABELS"),
		"debian-python.base.created": new Date().toISOString(),
		[PROJECT_LABEL]: "debian-python",
	};
	const args = ["import", ...labelChanges(labels), "--change", 'CMD ["bash"]', "-"];
	const imported = await mmdebstrap.pipe("docker", args, {
		cancelSignal: step.signal,
		reject: false,
	});
	const made = await mmdebstrap;
	if (made.failed) throw bootstrapError(made);
	if (imported.failed) throw dockerError(args, imported);
	// Named only now: a root that is cut short never gets the name that the next run looks for.
	await docker(["tag", imported.stdout, image]);
}

function mmdebstrapArguments(): string[] {
	const sources = environment("SOURCES", "");
	return [
		"--variant=minbase",
		`--architectures=${environment("ARCHITECTURE")}`,
		`--keyring=${environment("KEYRING")}`,
		...SLIM.map((option) => `--dpkgopt=${option}`),
		...(existsSync(MERGED_USR_HOOK) ? [`--hook-dir=${MERGED_USR_HOOK}`] : []),
		...(sources === "" ? [] : ['--aptopt=Acquire::Check-Valid-Until "false"']),
		"--customize-hook=components/base/context/customize",
		environment("RELEASE"),
		"-",
		...sources.split("\n").filter((line) => line !== ""),
	];
}

function bootstrapError(result: { code?: string; stderr?: unknown }): StepError {
	if (result.code === "ENOENT") {
		return new StepError(
			"mmdebstrap: command not found",
			"install it (Debian: apt-get install mmdebstrap), or set `base` to an image reference",
		);
	}
	const errors = String(result.stderr ?? "")
		.split("\n")
		.filter((line) => line.startsWith("E:"));
	return new StepError(
		`mmdebstrap cannot bootstrap ${environment("RELEASE")}: ${errors[0]?.slice(3) ?? "see its output"}`,
		"check the network, the release's keyring and the disk space of /tmp, then run again",
	);
}
