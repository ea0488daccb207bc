import { expect, it } from "vitest";
import { contentKey } from "../components/content-key.ts";
import { stackImage } from "../components/image.ts";
import type { OwnWheel } from "../components/wheel/wheel.ts";
import type { App } from "../stacks/apps/app.ts";
import type { Choice, CompiledWheel } from "../stacks/lock/lock.ts";
import { artefactsOf, byArtefact, stackWheels } from "./apps.ts";

const site = { repository: "localhost/debian-python/test", platform: "linux/amd64" };

/** The image of a wheel, by all that it is built of. */
const imageOf = (wheel: CompiledWheel | OwnWheel) =>
	stackImage(site, `wheel-${wheel.name}`, contentKey({ wheel: JSON.stringify(wheel) }));

function compiled(name: string, ...buildRequirements: readonly Choice[]): CompiledWheel {
	const sdist = { name: `${name}-1.0.tar.gz`, sha256: "0".repeat(64) };
	const why = "from-source names it";
	return {
		kind: "compiled",
		name,
		version: "1.0",
		sdist,
		why,
		buildRequirements,
		buildPackages: [],
	};
}

function app(name: string, ...distributions: readonly Choice[]): App {
	return { name, distributions, buildRequirements: [], locals: [] } as Partial<App> as App;
}

const setuptools = compiled("setuptools");
const cython = compiled("cython", setuptools);
const lxml = compiled("lxml", cython, setuptools);

it("the wheels of a stack: each once, after what builds it, with why it is compiled", () => {
	const wheels = stackWheels([app("one", lxml), app("two", cython, lxml)], () => imageOf);
	expect(wheels.map(({ wheel }) => wheel.name)).toEqual(["setuptools", "cython", "lxml"]);
	expect(wheels.map(({ app }) => app.name)).toEqual(["one", "one", "one"]);
	expect(wheels[2]?.image).toEqual({
		...imageOf(lxml),
		compiles: "lxml 1.0: from-source names it",
	});
});

it("what other tools build is another wheel", () => {
	const apps = [app("one", lxml), app("two", compiled("lxml", setuptools))];
	const wheels = stackWheels(apps, () => imageOf).filter(({ wheel }) => wheel.name === "lxml");
	expect(wheels.map(({ app }) => app.name)).toEqual(["one", "two"]);
});

it("the wheel of an app that is a distribution is built last, and is no news", () => {
	const orders: App = {
		...app("orders", lxml),
		isPackage: true,
		buildPackages: {},
		buildRequirements: [setuptools],
	};
	const wheels = stackWheels([orders], () => imageOf);
	expect(wheels.map(({ wheel }) => wheel.name)).toEqual([
		...["setuptools", "cython", "lxml", "orders"],
	]);
	expect(wheels.at(-1)?.image.compiles).toBeUndefined();
	expect(artefactsOf(orders)).toContain("wheel-orders");
});

it("an app's artefacts are its wheels, the tools' among them, and its images", () => {
	expect(artefactsOf(app("one", cython))).toEqual([
		...["wheel-setuptools", "wheel-cython"],
		...["wheelhouse-one", "dependencies-one", "app-one"],
	]);
});

it("no image is lost among others of its artefact", () => {
	const versions = [setuptools, { ...setuptools, version: "2.0" }, cython].map(imageOf);
	const [, second] = versions;
	expect(byArtefact(versions).map(([name]) => name)).toEqual([
		...["wheel-setuptools", `wheel-setuptools-${second?.key}`, "wheel-cython"],
	]);
});
