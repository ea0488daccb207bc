import * as pulumi from "@pulumi/pulumi";
import { onDaemon } from "../components/step/daemon.ts";
import { canEmulate, EMULATION_REMEDY } from "../components/step/emulation.ts";
import {
	type EngineVersion,
	engineVersion,
	podmanVersion,
} from "../components/step/engine-version.ts";
import { type DockerHost, dockerVariables } from "../stacks/docker-hosts.ts";
import { type PlatformSettings, perPlatform } from "../stacks/platforms.ts";
import type { Settings } from "../stacks/settings.ts";

/**
 * Refuse an engine that answers as Docker's does, and cannot make the images: Podman but for one kind, and one of
 * another architecture that emulates nothing. Warn of one that emulates. A preview, which makes nothing, is told of
 * the latter too.
 *
 * One that does not answer is not refused: who needs it says so. Pulumi's provider of another platform's,
 * which a preview needs, does not say which one it is: a warning does.
 *
 * @throws RunError that names the engine, the reason and the remedy.
 */
export async function refuseEngine(settings: Settings): Promise<void> {
	const engines = Map.groupBy(perPlatform(settings), ({ dockerHost }) => dockerHost);
	await Promise.all([...engines].map(([host, platforms]) => refuseFor(host, platforms)));
}

async function refuseFor(
	host: DockerHost | undefined,
	platforms: readonly PlatformSettings[],
): Promise<void> {
	const ask = () => engineVersion().catch((error: Error) => error);
	const onHost = <T>(work: () => Promise<T>) => onDaemon(host && dockerVariables(host), work);
	const version = await onHost(ask);
	if (version instanceof Error) {
		for (const { platform } of host === undefined ? [] : platforms)
			void pulumi.log.warn(`platform ${platform}: ${version.message}`);
		return;
	}
	checkPodman(version);
	for (const platform of platforms) checkPlatform(version, platform);
}

/** The series of Podman that are known to work, and which Debian has each. */
const PODMAN = [
	{ series: "4.3", release: "bookworm" },
	{ series: "5.4", release: "trixie" },
];

/**
 * Refuse a Podman that was never seen to make all images right, and any where Pulumi's provider builds images,
 * which then have a label of Buildah's and empty files of Podman's in them.
 */
function checkPodman(version: EngineVersion): void {
	const podman = podmanVersion(version);
	if (podman === undefined) return;
	const known = PODMAN.map(({ series, release }) => `${series} (${release}'s)`).join(" and ");
	const why =
		(!PODMAN.some(({ series }) => podman.startsWith(`${series}.`)) &&
			`is tested with ${known} alone`) ||
		(pulumi.runtime.hasEngine() && "works with npm start alone, and not with Pulumi's engine");
	if (why === false) return;
	throw new pulumi.RunError(
		`the Docker daemon is Podman ${podman}, which ${why}; use Docker Engine 20.10 or newer: start it, and set DOCKER_HOST or choose its context (docker context ls)`,
	);
}

function checkPlatform(
	{ Arch, KernelVersion }: EngineVersion,
	{ platform, architecture, platforms, platformSuffix, dockerHosts }: PlatformSettings,
): void {
	if (Arch === undefined || Arch === architecture) return;
	if (canEmulate(architecture, KernelVersion) === false) {
		const problem = `platform ${platform}: the Docker daemon is on a machine of ${Arch}, which does not run programs of ${architecture}; ${EMULATION_REMEDY}, name a machine of its own in dockerHosts, or build for linux/${Arch} alone`;
		// A runner of another platform's architecture may be asked for what is for that alone.
		const mayBeLeftOut = platforms.length > 1 && platformSuffix === "";
		if (!pulumi.runtime.isDryRun() && !mayBeLeftOut) throw new pulumi.RunError(problem);
		void pulumi.log.warn(problem);
		return;
	}
	const native = platforms.find((each) => each === `linux/${Arch}` && !dockerHosts[each]);
	// It compiles for those after it.
	const remedy =
		platformSuffix === "" && native !== undefined ? `; write ${native} first in platforms` : "";
	void pulumi.log.warn(
		`platform ${platform} is emulated by the Docker daemon, whose machine is of ${Arch}: what runs there is several times slower${remedy}`,
	);
}
