import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stackNames } from "../stacks/stack-repositories.ts";

it("knows the stacks by their files, with a dot in the name too", () => {
	const folder = mkdtempSync(join(tmpdir(), "stacks-"));
	for (const name of ["Pulumi.yaml", "Pulumi.infra.dev.yaml", "Pulumi.a.yaml", "Pulumi.b.yml"])
		writeFileSync(join(folder, name), "");
	expect(stackNames(folder)).toEqual(["a", "infra.dev"]);
	rmSync(folder, { recursive: true });
});
