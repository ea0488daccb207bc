import { afterEach, expect, it, vi } from "vitest";
import { isWithoutProxy } from "./no-proxy.ts";

afterEach(() => vi.unstubAllEnvs());

it.each([
	["localhost:5000", "", true],
	["127.0.0.1:5000", "", true],
	["registry.example.org", "", false],
	["registry.example.org", "*", true],
	["registry.example.org:5000", "other.org, .example.org", true],
	["registry.example.org:5000", "*.example.org", true],
	["registry.example.org:5000", "registry.example.org:5000", true],
	["registry.example.org:5000", "registry.example.org:80", false],
	["badexample.org", "example.org", false],
	["10.1.2.3:5000", "10.0.0.0/8", true],
	["11.1.2.3:5000", "10.0.0.0/8", false],
	["registry.example.org", "nonsense/x,10.0.0.0/99", false],
])("%s with NO_PROXY=%j: without a proxy %s", (host, list, without) => {
	vi.stubEnv("no_proxy", list);
	expect(isWithoutProxy(host)).toBe(without);
});
