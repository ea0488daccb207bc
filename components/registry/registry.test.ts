import { expect, it } from "vitest";
import { appRepository } from "./registry.ts";

it.each([
	["localhost/debian-python/bookworm", "localhost/debian-python/bookworm/orders"],
	["registry.example.com:5000/team/python", "registry.example.com:5000/team/python/orders"],
	// Amazon ECR's API has the path alone.
	["debian-python/bookworm", "debian-python/bookworm/orders"],
	["docker.io/team/python", "docker.io/team/python-orders"],
	["index.docker.io/team/python", "index.docker.io/team/python-orders"],
	["docker.io.example.com/team/python", "docker.io.example.com/team/python/orders"],
])("in %s an app's repository is %s", (repository, own) => {
	expect(appRepository(repository, "orders")).toBe(own);
});
