import { execa } from "execa";
import { StepError } from "../../components/step/error.ts";
import type { SignedSource } from "./source.ts";

/**
 * Check that a tarball is the source of a version. A signature does not tell: an older release, served
 * under a newer one's name, is signed too.
 *
 * @throws StepError where it is not, or tar or xz is missing here.
 */
export async function checkContent(
	{ tarball, format }: SignedSource,
	version: string,
): Promise<void> {
	const member = `Python-${version}/Include/patchlevel.h`;
	const args = ["-x", "-O", format === "tgz" ? "-z" : "-J", "-f", "-", member];
	const { exitCode, stdout, stderr, message } = await execa("tar", args, {
		input: tarball,
		reject: false,
		env: { LC_ALL: "C" },
	});
	if (exitCode !== 0) {
		throw new StepError(
			`the tarball has no ${member} (${stderr?.trim().split("\n")[0] || message})`,
			"it is not the source of that version, or tar or xz is not installed here",
		);
	}
	const [, found] = /^#define\s+PY_VERSION\s+"([^"]*)"/m.exec(stdout) ?? [];
	if (found !== version)
		throw new StepError(`the tarball is the source of Python ${found}, not ${version}`);
}
