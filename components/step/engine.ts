import { daemonVariables } from "./daemon.ts";
import { docker } from "./docker.ts";
import { askEngine } from "./engine-api.ts";
import { type Engine, UNKNOWN_ID } from "./engine-type.ts";
import { changeOptions } from "./instructions.ts";
import { podmanEngine } from "./podman.ts";

const dockerEngine: Engine = {
	leastRights: ["--read-only", `--user=${UNKNOWN_ID}:${UNKNOWN_ID}`],
	async commit(container, image, instructions, signal) {
		// That docker commit takes of the container, and refuses it in a change.
		const others = instructions.filter((each) => !each.startsWith("STOPSIGNAL "));
		const args = ["commit", ...changeOptions(others), container, image];
		await docker(args, { cancelSignal: signal });
	},
	importedConfig: ({ Config }) => Config,
	build: (names, _, build) => build(names),
	knowPushed: () => Promise.resolve(),
	fillVolumes: () => Promise.resolve(),
	changes: (_, container) => docker(["diff", container]),
};

/** By the variables that say which daemon it is. */
const engines = new Map<string, Engine>();

/** The engine that is in use: its daemon is asked once. */
export async function engine(): Promise<Engine> {
	const key = JSON.stringify(daemonVariables());
	const known = engines.get(key);
	if (known !== undefined) return known;
	const { isPodman } = await askEngine("/_ping");
	const found = isPodman ? podmanEngine : dockerEngine;
	engines.set(key, found);
	return found;
}
