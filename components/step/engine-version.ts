import { askEngine } from "./engine-api.ts";

/** What an engine says of itself (Docker Engine API, "Get version"): what is read here. */
export interface EngineVersion {
	/** Older ones do not name their parts. */
	readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
	/** Go's name of its machine's architecture, which is Debian's. */
	readonly Arch?: string;
	readonly KernelVersion?: string;
}

/**
 * What the Docker daemon says of itself.
 *
 * @throws StepError where it cannot be reached; a SyntaxError where it is no engine.
 */
export async function engineVersion(): Promise<EngineVersion> {
	const { body } = await askEngine("/version");
	return JSON.parse(body) as EngineVersion;
}

/** The version of Podman; undefined where the Docker daemon is none. */
export function podmanVersion({ Components = [] }: EngineVersion): string | undefined {
	return Components.find(({ Name }) => Name === "Podman Engine")?.Version;
}
