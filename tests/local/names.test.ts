import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { findImage, needImage } from "../../components/distribution/daemon.ts";
import { NO_REGISTRY } from "../../components/image-name.ts";
import { docker, removeImages } from "./checkout.ts";

/*
 * The names of images that no registry has: where one is missing, the engine asks its own machine at
 * most, and an image that bears the name that it would have had before is taken over.
 */

const path = `debian-python/names-${randomBytes(4).toString("hex")}`;
const repository = `${NO_REGISTRY}/${path}`;
const missing = `${repository}:base-0123456789ab`;

afterAll(() => {
	for (const each of [path, repository]) removeImages(each);
});

describe("an image that is missing", () => {
	it.each([
		["docker run", ["run", "--rm", missing, "true"], "0"],
		["docker create", ["create", missing, "true"], "0"],
		["docker pull", ["pull", missing], "0"],
		["FROM, by the classic builder", ["build", "-"], "0"],
		["FROM, by BuildKit", ["build", "-"], "1"],
	])("is asked of no registry: %s", async (_, args, buildkit) => {
		const { exitCode, all } = await execa("docker", args, {
			input: `FROM ${missing}\n`,
			env: { DOCKER_BUILDKIT: buildkit },
			all: true,
			reject: false,
		});
		expect(exitCode).not.toBe(0);
		// A client may be without BuildKit: it then asks nobody at all.
		if (!/buildx/.test(all)) expect(all).toMatch(/\bhttps?:\/\/localhost\/v2\//);
		expect(all).not.toMatch(/docker\.io|registry-1/);
	});

	it("is an error with the remedy", async () => {
		await expect(needImage(missing)).rejects.toThrow(
			/^the image localhost\/\S+ is not in the Docker daemon, although .*; .*npm start builds/,
		);
	});
});

it("an image that has its former name alone gets the new one", async () => {
	const [former, name] = [`${path}:compiled-0123456789ab`, `${repository}:compiled-0123456789ab`];
	await execa("docker", ["import", "-", former], { input: Buffer.alloc(1024) });
	const id = (of: string) => docker("image", "inspect", "--format", "{{.Id}}", of);
	expect(await findImage(name)).toBe(true);
	expect(id(name)).toBe(id(former));
	expect(await findImage(missing)).toBe(false);
});
