import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { type CPythonSeries, findSeries } from "../stacks/cpython.ts";
import { deployedImages, deployedSide, formerOutputs } from "./former.ts";

const of = (series: string, suffix: string) => ({
	series: findSeries(series) as CPythonSeries,
	suffix,
});
const FIRST = of("3.13", "");

/** Let the engine have these outputs of the stack `team/debian-python/bookworm`. */
async function deployed(outputs: object | Error): Promise<void> {
	await pulumi.runtime.setMocks(
		{
			newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
			call({ token, inputs }) {
				expect(token).toBe("pulumi:pulumi:readStackOutputs");
				expect(inputs).toEqual({ name: "team/debian-python/bookworm" });
				if (outputs instanceof Error) throw outputs;
				return { name: inputs.name, outputs };
			},
		},
		"debian-python",
		"bookworm",
		false,
		"team",
	);
}

it("is what the outputs of the last deployment say", async () => {
	await deployed({
		debian: { codename: "bookworm", number: 12 },
		cpython: { version: "3.13.5" },
		package: { architecture: "arm64" },
	});
	expect(deployedSide(await formerOutputs(), FIRST)).toMatchObject({
		debian: { codename: "bookworm" },
		python: { version: "3.13.5", series: { series: "3.13" } },
		architecture: "arm64",
	});
});

it("is of the Python of the same series, in whose place the first one may have come", () => {
	const former = {
		debian: { codename: "bookworm" },
		cpython: { version: "3.13.5" },
		pythons: { "3.13": { version: "3.13.5" }, "3.12": { version: "3.12.14" } },
	};
	const version = (series: string, suffix: string) =>
		deployedSide(former, of(series, suffix))?.python.version;
	expect(version("3.12", "")).toBe("3.12.14");
	expect(version("3.13", "-3.13")).toBe("3.13.5");
	expect(version("3.14", "")).toBe("3.13.5");
	expect(version("3.14", "-3.14")).toBeUndefined();
	const variant = "free-threaded";
	const free = { ...of("3.13", "-3.13t"), variant } as const;
	expect(deployedSide(former, free)).toBeUndefined();
	const both = { ...former, pythons: { "3.13t": { version: "3.13.5", variant } } } as const;
	expect(deployedSide(both, free)?.python).toMatchObject({ version: "3.13.5", variant });
});

it.each([
	["a stack that was never deployed", {}],
	["a release that the catalog no longer has", { debian: { codename: "sarge" } }],
	["an engine that does not tell", new Error("unknown stack")],
])("is nothing for %s", async (_, outputs) => {
	await deployed(outputs);
	const former = await formerOutputs();
	expect(deployedSide(former, FIRST)).toBeUndefined();
	expect([...deployedImages(former)]).toEqual([]);
});

it("has the apps beside the other images", () => {
	const orders = {
		name: "localhost/debian-python/test/orders:1.0-0123456789ab",
		key: "0123456789ab",
	};
	expect([...deployedImages({ apps: { orders } })]).toEqual([["app-orders", orders]]);
});

it("has the package's image beside the others", () => {
	const debbase = { name: "127.0.0.1:5000/team/python:debbase-0123456789ab", key: "0123456789ab" };
	const former = { images: { debbase }, package: { key: "ba9876543210" } };
	expect([...deployedImages(former)]).toEqual([
		["debbase", debbase],
		["package", { name: "127.0.0.1:5000/team/python:package-ba9876543210", key: "ba9876543210" }],
	]);
});

it("of several platforms each image is told, and the index, in the order of the platforms", () => {
	const image = (key: string) => ({ name: `registry.example.com/team/python:x-${key}`, key });
	const both = (index: string, arm64: string, amd64: string) => ({
		...image(index),
		// As the engine sorts them.
		platforms: { "linux/amd64": image(amd64), "linux/arm64": image(arm64) },
	});
	const deployed = deployedImages({
		images: { debbase: image("1"), "debbase-amd64": image("2"), python: both("3", "4", "5") },
		apps: { orders: both("6", "7", "8") },
		pythons: {
			"3.13": {
				package: { key: "9" },
				platforms: {
					"linux/amd64": { package: { key: "10" } },
					"linux/arm64": { package: { key: "9" } },
				},
			},
		},
		package: { key: "9" },
		platforms: ["linux/arm64", "linux/amd64"],
	});
	const keys = Object.fromEntries([...deployed].map(([artefact, { key }]) => [artefact, key]));
	expect(keys).toEqual({
		debbase: "1",
		"debbase-amd64": "2",
		python: "4",
		"python-amd64": "5",
		"python-index": "3",
		"app-orders": "7",
		"app-orders-amd64": "8",
		"app-orders-index": "6",
		package: "9",
		"package-amd64": "10",
	});
});
