import { expect, it } from "vitest";
import { repositoryUrl } from "./repository-url.ts";

it.each([
	["docker.io", "debian", "https://registry-1.docker.io/v2/library/debian"],
	["index.docker.io", "debian/eol", "https://registry-1.docker.io/v2/debian/eol"],
	["ecr.example.com", "python", "https://ecr.example.com/v2/python"],
	["localhost:5000", "team/python", "http://localhost:5000/v2/team/python"],
])("a repository of %s, %s, answers at %s", (host, path, url) => {
	expect(repositoryUrl(host, path)).toBe(url);
});
