import { execa } from "execa";
import { expect, it } from "vitest";

it.each([
	["the gates of dependencies", "test_gates.py"],
	["libraries.py", "test_libraries.py"],
])("%s: own tests", { timeout: 60_000 }, async (_, name) => {
	const tests = `components/app/gates-tests/${name}`;
	const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
	expect(exitCode, stderr).toBe(0);
});
