import { execa } from "execa";
import { expect, it } from "vitest";

it("gather.py passes its own tests", { timeout: 60_000 }, async () => {
	const tests = "components/wheelhouse/gather-tests/test_gather.py";
	const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
	expect(exitCode, stderr).toBe(0);
});
