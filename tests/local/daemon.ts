import { execFileSync, spawnSync } from "node:child_process";

/**
 * Vitest's global set-up: a Docker daemon, by the project's own set-up. One that was not running
 * before the tests does not run after them.
 */
export default function setup(): () => void {
	const running = spawnSync("docker", ["version"]).status === 0;
	execFileSync("sh", ["local/setup"], { stdio: "inherit" });
	return () => {
		if (!running) execFileSync("service", ["docker", "stop"], { stdio: "inherit" });
	};
}
