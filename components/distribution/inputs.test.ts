import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { keyInputs } from "./inputs.ts";

const { label } = vi.hoisted(() => ({ label: vi.fn() }));
vi.mock(import("../step/docker.ts"), async (original) => ({
	...(await original()),
	imageLabel: label as typeof import("../step/docker.ts").imageLabel,
}));

let stop: () => void = () => {};
afterEach(() => stop());

/** A registry on loopback that has these contents of the repository `team/python`, by their paths. */
async function registry(contents: Record<string, object>): Promise<string> {
	const server = createServer(({ url }, response) => {
		const content = contents[url?.replace("/v2/team/python/", "") ?? ""];
		response.writeHead(content === undefined ? 404 : 200).end(JSON.stringify(content));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	stop = () => server.close();
	return `127.0.0.1:${(server.address() as AddressInfo).port}/team/python:debbase-0123456789ab`;
}

const config = { config: { Labels: { "debian-python.inputs": '{"release":"bookworm"}' } } };
const manifest = { config: { digest: "sha256:2" } };

it.each([
	["the daemon's", '{"release":"trixie"}', {}, { release: "trixie" }],
	[
		"that of a manifest in the registry",
		undefined,
		{ "manifests/debbase-0123456789ab": manifest, "blobs/sha256:2": config },
		{ release: "bookworm" },
	],
	[
		"that of an index there, past its attestation",
		undefined,
		{
			"manifests/debbase-0123456789ab": {
				manifests: [
					{ digest: "sha256:0", platform: { os: "unknown" } },
					{ digest: "sha256:1", platform: { os: "linux" } },
				],
			},
			"manifests/sha256:1": manifest,
			"blobs/sha256:2": config,
		},
		{ release: "bookworm" },
	],
	["none, where neither has the image", undefined, {}, undefined],
])("is %s", async (_, own, contents, inputs) => {
	label.mockResolvedValue(own);
	expect(await keyInputs(await registry(contents))).toEqual(inputs);
});

it("is none where nobody answers", async () => {
	label.mockRejectedValue(new Error("the Docker daemon cannot be reached"));
	expect(await keyInputs("127.0.0.1:9/team/python:debbase-0123456789ab")).toBeUndefined();
});
