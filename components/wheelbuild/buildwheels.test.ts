import { execa } from "execa";
import { expect, it } from "vitest";

it("buildwheels passes its own tests", { timeout: 60_000 }, async () => {
	const tests = "components/wheelbuild/buildwheels-tests/test_buildwheels.py";
	const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
	expect(exitCode, stderr).toBe(0);
});
