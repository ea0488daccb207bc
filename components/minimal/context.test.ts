import { execa } from "execa";
import { expect, it } from "vitest";

it("the programs that make the image minimal pass their own tests", {
	timeout: 60_000,
}, async () => {
	const tests = "components/minimal/context-tests/test_tree.py";
	const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
	expect(exitCode, stderr).toBe(0);
});
