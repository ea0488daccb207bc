import { execa } from "execa";

/** Debian's own client, which has BuildKit where another one that is first on PATH has not. */
const DEBIAN_CLIENT = "/usr/bin/docker";

/**
 * Build an image with BuildKit, by a command line as `npm run dockerfiles` prints it.
 *
 * @returns what the build says, its steps among that.
 */
export async function buildWithBuildKit(commandLine: string, cwd: string): Promise<string> {
	const script = commandLine.replace("docker build", '"$CLIENT" build --progress=plain');
	const run = (client: string) =>
		execa("sh", ["-euc", script], { cwd, env: { CLIENT: client }, all: true, reject: false });
	const first = await run("docker");
	const lacksBuildx = first.failed && /buildx component is missing/.test(first.all);
	const { failed, all } = lacksBuildx ? await run(DEBIAN_CLIENT) : first;
	if (failed) throw new Error(`the build failed:\n${all}`);
	return all;
}
