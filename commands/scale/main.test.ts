import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("docs/scale.md is what npm run scale prints", () => {
	const page = execFileSync("node", ["commands/scale/main.ts"], { encoding: "utf8" });
	expect(readFileSync("docs/scale.md", "utf8")).toBe(page);
});
