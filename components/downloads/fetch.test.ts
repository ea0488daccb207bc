import { execa } from "execa";
import { expect, it } from "vitest";

it("fetch.py passes its own tests", { timeout: 60_000 }, async () => {
	const tests = "components/downloads/fetch-tests/test_fetch.py";
	const { exitCode, stderr } = await execa("python3", ["-B", tests], { reject: false });
	expect(exitCode, stderr).toBe(0);
});
