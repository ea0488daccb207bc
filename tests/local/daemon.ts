import { execFileSync, spawnSync } from "node:child_process";

/**
 * Vitest's global set-up: a Docker daemon, by the project's own set-up. One that was not running
 * before the tests does not run after them.
 */
export default function setup(): () => void {
	const running = spawnSync("docker", ["version"]).status === 0;
	execFileSync("sh", ["local/setup"], { stdio: "inherit" });
	return () => {
		if (!running) stopDaemon();
	};
}

function stopDaemon(): void {
	const script = `
		if [ -d /run/systemd/system ]; then exec systemctl stop docker.socket docker; fi
		kill "$(cat /run/docker.pid)"
		# It removes the file last.
		while [ -e /run/docker.pid ]; do sleep 0.2; done`;
	execFileSync("sh", ["-euc", script], { stdio: "inherit", timeout: 60_000 });
}
