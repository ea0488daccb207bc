import * as pulumi from "@pulumi/pulumi";
import { askEngine } from "../components/step/engine-api.ts";

/** What an engine says of itself (Docker Engine API, "Get version"): what is read here. */
interface EngineVersion {
	readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
}

/**
 * Refuse an engine that answers as Docker's does, and cannot make the images. Podman (4.3.1, seen with
 * Docker's client 28 and by its API) refuses docker commit, or leaves TERM and container in the
 * environment of what it commits, which no change removes: it would be told after the compile.
 *
 * One that does not answer is not refused: a preview works without, and who needs it says so.
 *
 * @throws RunError that names the engine, its version, the reason and the remedy.
 */
export async function refuseEngine(): Promise<void> {
	const podman = (await components()).find(({ Name }) => Name === "Podman Engine");
	if (podman === undefined) return;
	throw new pulumi.RunError(
		`the Docker daemon is Podman ${podman.Version}, which cannot commit images without variables of its own (TERM) in them; use Docker Engine 20.10 or newer: start it, and set DOCKER_HOST or choose its context (docker context ls)`,
	);
}

async function components(): Promise<NonNullable<EngineVersion["Components"]>> {
	try {
		const { body } = await askEngine("/version");
		return (JSON.parse(body) as EngineVersion).Components ?? [];
	} catch {
		return [];
	}
}
