import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { askEngine } from "./engine-api.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "engine-"));
	vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

/** Have a docker that runs this for each of its connections. */
function fake(script: string): void {
	const text = `#!/bin/sh\necho "$*" >>${folder}/calls\n${script}`;
	writeFileSync(join(folder, "docker"), text, { mode: 0o755 });
}

const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
const ANSWER = "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok";

it("asks many questions by one connection, and by a new one where that went away", async () => {
	fake(`
		for question in 1 2 3; do
			while read -r line; do case $line in GET*) break ;; esac; done
			printf '${ANSWER}'
		done`);
	for (let question = 0; question < 5; question++)
		expect(await askEngine("/info")).toEqual({ status: 200, body: "ok", isPodman: false });
	expect(calls()).toEqual(["system dial-stdio", "system dial-stdio"]);
});

it.each([
	[
		"echo 'failed to open the raw stream connection: dial unix /x/y: connect: refused' >&2; exit 1",
		/^the Docker daemon at unix:\/\/\/x\/y cannot be reached, or went away \(.*\); start it/,
	],
	[
		"echo 'context \"far\": context not found' >&2; exit 1",
		/^the Docker context far does not exist/,
	],
	["sleep 0.1; exit 1", /^docker system dial-stdio: /],
])("says why there is no answer: %s", async (script, message) => {
	vi.resetModules();
	fake(script);
	const { askEngine } = await import("./engine-api.ts");
	await expect(askEngine("/info")).rejects.toThrow(message);
});

it("stops", async () => {
	vi.resetModules();
	fake("cat >/dev/null");
	const { askEngine } = await import("./engine-api.ts");
	const signal = AbortSignal.timeout(100);
	await expect(askEngine("/info", { signal })).rejects.toThrow(/^stopped$/);
});
