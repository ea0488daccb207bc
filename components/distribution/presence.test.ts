import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as docker from "../step/docker.ts";
import { INPUTS_LABEL, keyOfInputs } from "../step/why.ts";
import type * as daemon from "./daemon.ts";
import type * as inputs from "./inputs.ts";
import { isMade } from "./presence.ts";

const { inDaemon, inRegistry, config, find } = vi.hoisted(() => ({
	inDaemon: vi.fn(),
	inRegistry: vi.fn(),
	config: vi.fn(),
	find: vi.fn(),
}));
vi.mock(import("./daemon.ts"), async (original) => ({
	...(await original()),
	remoteDigest: inRegistry as typeof daemon.remoteDigest,
	findImage: find as typeof daemon.findImage,
}));
vi.mock(import("../step/docker.ts"), async (original) => ({
	...(await original()),
	imageId: inDaemon as typeof docker.imageId,
}));
vi.mock(import("./inputs.ts"), () => ({ registryConfig: config as typeof inputs.registryConfig }));

const KEY = keyOfInputs({ release: "bookworm" });
const NAME = `registry.example.com/team:debbase-${KEY}`;
/** The config of an image that was made of that. */
const own = (more: docker.ImageConfig = {}): docker.ImageConfig => ({
	Labels: { [INPUTS_LABEL]: '{"release":"bookworm"}' },
	...more,
});

beforeEach(() => {
	inDaemon.mockReset().mockResolvedValue(undefined);
	inRegistry.mockReset().mockResolvedValue("sha256:1");
	config.mockReset().mockResolvedValue(own());
	find.mockReset().mockResolvedValue(true);
});

describe("an image of a registry", () => {
	it("is made where that has it under its key, and is not pulled", async () => {
		expect(await isMade(NAME)).toBe(true);
		expect(find).not.toHaveBeenCalled();
	});

	it("that lacks it may be there under another name, else is not made", async () => {
		inRegistry.mockResolvedValue(undefined);
		find.mockResolvedValue(false);
		expect(await isMade(NAME)).toBe(false);
		find.mockResolvedValue(true);
		expect(await isMade(NAME)).toBe(true);
	});

	it.each([
		["its key is another one", own({ Labels: { [INPUTS_LABEL]: "{}" } })],
		["it has no key", {}],
		["it has a proxy", own({ Env: ["https_proxy=http://user:secret@proxy"] })],
		["the registry does not answer this machine", undefined],
	])("is looked into by who knows more where %s", async (_, found) => {
		if (found === undefined) config.mockRejectedValue(new Error("it does not answer"));
		else config.mockResolvedValue(found);
		find.mockRejectedValue(new Error("it was made of something else"));
		await expect(isMade(NAME)).rejects.toThrow("something else");
	});
});

it("what the daemon has, or no registry, is found as ever", async () => {
	inDaemon.mockResolvedValue("sha256:1");
	expect(await isMade(NAME)).toBe(true);
	expect(await isMade("localhost/debian-python/test:debbase-0123456789ab")).toBe(true);
	expect(find).toHaveBeenCalledTimes(2);
	expect(inRegistry).not.toHaveBeenCalled();
});
