import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { readSettings } from "../../stacks/settings.ts";
import { registryHost } from "../image-name.ts";
import { repositoryAddress } from "./address.ts";

/** The invokes that the program made, in any order. */
let invokes: string[];
/** What AWS says where it is asked. */
let dnsSuffix: string;

beforeEach(async () => {
	invokes = [];
	dnsSuffix = "amazonaws.com";
	await pulumi.runtime.setMocks({
		newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
		call({ token }) {
			invokes.push(token);
			return { accountId: "123456789012", region: "eu-north-1", dnsSuffix };
		},
	});
});

function address(registry: string, stack = "bookworm") {
	const config = { release: "bookworm", pythonVersion: "3.13.5", registry };
	const context = { project: "debian-python", stack, today: new Date("2026-11-22") };
	return repositoryAddress(readSettings(config, context));
}

describe("the address of a stack's repository", () => {
	it("without a registry is the stack's own path, in lower case, at no registry's host", async () => {
		const own = "debian-python/bookworm";
		const repository = `localhost/${own}`;
		expect(await address("none", "Bookworm")).toEqual({ path: own, repository });
		expect(registryHost(`${repository}:base-0123456789ab`)).toBeUndefined();
		expect(invokes).toEqual([]);
	});

	it("in any registry is what the config says", async () => {
		expect(await address("registry.example.com:5000/team/python")).toEqual({
			host: "registry.example.com:5000",
			path: "team/python",
			repository: "registry.example.com:5000/team/python",
		});
		expect(invokes).toEqual([]);
	});

	it("in Amazon ECR is what compile.yml gives as the config", async () => {
		const ecr = await address("ecr", "Bookworm");
		expect(await address(`${ecr.host}/debian-python/bookworm`, "Bookworm")).toEqual(ecr);
	});

	it("in Amazon ECR follows from account, region and partition", async () => {
		const host = "123456789012.dkr.ecr.eu-north-1.amazonaws.com";
		expect(await address("ecr", "Bookworm")).toEqual({
			host,
			path: "debian-python/bookworm",
			repository: `${host}/debian-python/bookworm`,
		});
		expect(invokes.toSorted()).toEqual([
			"aws:index/getCallerIdentity:getCallerIdentity",
			"aws:index/getPartition:getPartition",
			"aws:index/getRegion:getRegion",
		]);
	});

	it("in Amazon ECR in China has that partition's end", async () => {
		dnsSuffix = "amazonaws.com.cn";
		expect(await address("ecr")).toHaveProperty(
			"host",
			"123456789012.dkr.ecr.eu-north-1.amazonaws.com.cn",
		);
	});
});
