import { spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

const PROGRAMS = ["chromium-headless-shell", "chromium", "google-chrome"];

/** Start the Chromium of this machine. */
export function launchBrowser(): Promise<Browser> {
	const found = PROGRAMS.flatMap((name) => {
		const { status, stdout } = spawnSync("sh", ["-c", 'command -v "$1"', "sh", name]);
		return status === 0 ? [String(stdout).trim()] : [];
	});
	if (found[0] === undefined)
		throw new Error(`none of ${PROGRAMS.join(", ")}: sh local/setup --test`);
	return chromium.launch({ executablePath: found[0] });
}
