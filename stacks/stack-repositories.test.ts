import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { namesBeside } from "../components/distribution/beside.ts";
import { stackRepositories } from "./stack-repositories.ts";

const root = process.cwd();
let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "stacks-"));
	process.chdir(folder);
	writeFileSync("Pulumi.yaml", "name: mine\n");
	stack("one");
	stack("Two", "mine:registry: none");
	stack("shared", "mine:registry: registry.example:5000/team/shared");
	stack("also", "registry: registry.example:5000/team/also");
	stack("cloud", "mine:registry: ecr");
	stack("other", "theirs:registry: ecr");
	writeFileSync("Pulumi.broken.yaml", "config: [");
});
afterEach(() => {
	process.chdir(root);
	rmSync(folder, { recursive: true });
});

function stack(name: string, line = "release: bookworm"): void {
	writeFileSync(`Pulumi.${name}.yaml`, `config:\n  ${line}\n`);
}

const ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

const LOCAL = ["two", "also", "broken", "cloud", "one", "other", "shared"].map(
	(name) => `localhost/mine/${name}`,
);

it("are those of each stack, in the daemon alone and in its registry", () => {
	const registry = ["also", "shared"].map((name) => `registry.example:5000/team/${name}`);
	expect(stackRepositories(undefined).sort()).toEqual([...LOCAL, ...registry].sort());
	const inEcr = [...LOCAL, ...registry, `${ECR}/mine/cloud`];
	expect(stackRepositories(ECR).sort()).toEqual(inEcr.sort());
});

it("are none where there is no project", () => {
	rmSync("Pulumi.yaml");
	expect(stackRepositories(undefined)).toEqual([]);
});

const TAG = "debbase-0123456789ab";

it("name what has a key, in the stack's repository or an app's", () => {
	const names = namesBeside(`registry.example:5000/team/shared:${TAG}`);
	expect(names).toContain(`registry.example:5000/team/also:${TAG}`);
	expect(names).toContain(`localhost/mine/shared:${TAG}`);
	expect(names).toHaveLength(LOCAL.length + 1);
	expect(namesBeside("registry.example:5000/team/shared/orders:1.0-0123456789ab")).toContain(
		"localhost/mine/two/orders:1.0-0123456789ab",
	);
	expect(namesBeside("registry.example:5000/team/shared:python-3.13")).toEqual([]);
});

it("are all for a stack that has no file", () => {
	expect(namesBeside(`localhost/mine/elsewhere:${TAG}`)).toHaveLength(LOCAL.length + 2);
});
