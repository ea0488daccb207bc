import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { App } from "../../stacks/apps/app.ts";
import type { CompiledWheel, DownloadedWheel } from "../../stacks/lock/lock.ts";
import { contentKey } from "../content-key.ts";
import { type StackImage, stackImage } from "../image.ts";
import { tagOf } from "../image-name.ts";
import { wheelhouseImage } from "../wheelhouse/wheelhouse.ts";
import { type AppImagesArgs, appDescription, appImages } from "./app.ts";

const site = { repository: "localhost/debian-python/test", platform: "linux/amd64" };

const settings = configuredSettings("local", readStackConfig("local", []));

/** The folder of an app. */
let folder: string;
let app: App;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "app-"));
	writeFileSync(join(folder, "main.py"), "print(1)\n");
	app = {
		name: "orders",
		folder,
		version: "1.0",
		python: settings.pythons[0],
		command: ["python", "main.py"],
		ports: [8000],
		environment: {},
		user: "app",
		packages: [],
		importExceptions: {},
		isPackage: false,
		fromSource: [],
		buildPackages: {},
		buildRequirements: [],
		distributions: [downloaded("jinja2", "3.1.6"), compiled("markupsafe", "3.0.2")],
		locals: [],
		files: ["main.py"],
	};
});
afterEach(() => rmSync(folder, { recursive: true }));

function downloaded(name: string, version: string): DownloadedWheel {
	const sha256 = Buffer.from(`${name}${version}`).toString("hex").padEnd(64, "0").slice(0, 64);
	const file = { name: `${name}-${version}-py3-none-any.whl`, sha256 };
	return { kind: "downloaded", name, version, file };
}

function compiled(name: string, version: string): CompiledWheel {
	const { file: sdist } = downloaded(name, version);
	const rest = { why: "no wheel fits", buildRequirements: [], buildPackages: [] };
	return { kind: "compiled", name, version, sdist, ...rest };
}

/** The image of a compiled wheel. */
const wheel = ({ name, version }: CompiledWheel) =>
	stackImage(site, `wheel-${name}`, contentKey({ version }));

/** The images of the app with some of its settings changed. */
function images(
	change: Partial<App> = {},
	python = "000000000000",
	own?: { readonly image: StackImage },
	locals: AppImagesArgs["locals"] = [],
) {
	const changed = { ...app, ...change };
	const wheelhouse = { image: wheelhouseImage({ site, app: changed, wheel }) };
	const pythonImage = { image: stackImage(site, "python", { key: python, inputs: {} }) };
	const { dependencies, image } = appImages({
		site,
		own: { ...site, repository: `${site.repository}/orders` },
		app: changed,
		pythonImage,
		wheelhouse,
		wheel: own,
		locals,
	});
	return { wheelhouse: wheelhouse.image, dependencies, image };
}

/** Which images have another name after a change. */
function changed(before: ReturnType<typeof images>, after: ReturnType<typeof images>): string[] {
	const names = ["wheelhouse", "dependencies", "image"] as const;
	return names.filter((name) => before[name].name !== after[name].name);
}

describe("an app's images", () => {
	it("are named by it, its version and their keys", () => {
		const tags = Object.values(images()).map((image) => tagOf(image.name).slice(0, -12));
		expect(tags).toEqual(["wheelhouse-orders-", "dependencies-orders-", "1.0-"]);
		expect(images().image.name).toMatch("localhost/debian-python/test/orders:1.0-");
		const { image } = images({ version: "1!2.0+local" });
		expect(tagOf(image.name)).toMatch(/^1_2\.0_local-[0-9a-f]{12}$/);
		const long = images({ version: `1.0+${"a".repeat(200)}` });
		expect(tagOf(long.image.name)).toHaveLength(128);
		const { version: _, ...unversioned } = app;
		app = unversioned;
		expect(tagOf(images().image.name)).toMatch(/^app-[0-9a-f]{12}$/);
	});

	it("a change of the code is one of the last alone", () => {
		const before = images();
		writeFileSync(join(folder, "main.py"), "print(2)\n");
		expect(changed(before, images())).toEqual(["image"]);
	});

	it.each<[string, Partial<App>]>([
		["the version", { version: "1.1" }],
		["the command", { command: ["python", "-m", "main"] }],
		["a port", { ports: [8001] }],
		["the health check", { healthcheck: ["true"] }],
		["a variable", { environment: { A: "1" } }],
		["the user", { user: "orders" }],
		["the smoke test", { smoke: ["true"] }],
	])("so is one of %s", (_, change) => {
		expect(changed(images(), images(change))).toEqual(["image"]);
	});

	it.each<[string, Partial<App>]>([
		["a Debian package", { packages: ["libpq5"] }],
		["an import that is let off", { importExceptions: { jinja2: "it needs a display" } }],
	])("%s changes the dependencies too", (_, change) => {
		expect(changed(images(), images(change))).toEqual(["dependencies", "image"]);
	});

	it("a requirement changes all", () => {
		const [first, second] = app.distributions;
		const all = ["wheelhouse", "dependencies", "image"];
		const newer = [downloaded("jinja2", "3.1.7"), second as CompiledWheel];
		expect(changed(images(), images({ distributions: newer }))).toEqual(all);
		const rebuilt = [first as DownloadedWheel, compiled("markupsafe", "3.0.3")];
		expect(changed(images(), images({ distributions: rebuilt }))).toEqual(all);
	});

	it("of a distribution follow from its wheel, and not from its files", () => {
		const own = { image: stackImage(site, "wheel-orders", contentKey({ version: 1 })) };
		const before = images({}, undefined, own);
		expect(changed(images(), before)).toEqual(["image"]);
		writeFileSync(join(folder, "main.py"), "print(2)\n");
		expect(changed(before, images({}, undefined, own))).toEqual([]);
		const next = { image: stackImage(site, "wheel-orders", contentKey({ version: 2 })) };
		expect(changed(before, images({}, undefined, next))).toEqual(["image"]);
	});

	it("another base changes what is made on it, and no wheel", () => {
		expect(changed(images(), images({}, "111111111111"))).toEqual(["dependencies", "image"]);
	});

	it("the folder's place changes nothing", () => {
		const before = images();
		const other = mkdtempSync(join(tmpdir(), "other app-"));
		writeFileSync(join(other, "main.py"), "print(1)\n", { mode: 0o600 });
		expect(changed(before, images({ folder: other }))).toEqual([]);
		rmSync(other, { recursive: true });
	});
});

describe("an app with a distribution that is a folder", () => {
	const withCore = (version: string) => {
		const image = stackImage(site, "wheel-core", contentKey({ version }));
		return images({}, undefined, undefined, [{ name: "core", wheel: { image } }]);
	};

	it("is another image when that changes, on the same dependencies", () => {
		expect(changed(withCore("1"), withCore("1"))).toEqual([]);
		expect(changed(withCore("1"), withCore("2"))).toEqual(["image"]);
		expect(withCore("1").image.inputs).toHaveProperty("local core");
	});

	it("has its dependencies' gates where both are, so not those of an app without one", () => {
		expect(changed(images(), withCore("1"))).toEqual(["dependencies", "image"]);
	});
});

describe("what describes an app's image", () => {
	function description(change: Partial<App> = {}, own?: { readonly image: StackImage }) {
		const changed = { ...app, ...change };
		const named = (artefact: string) => ({ image: stackImage(site, artefact, contentKey({})) });
		return appDescription({
			site,
			own: { ...site, repository: `${site.repository}/orders` },
			app: changed,
			pythonImage: named("python"),
			wheelhouse: named("wheelhouse-orders"),
			wheel: own,
			locals: changed.locals.map(({ name }) => ({ name, wheel: named(`wheel-${name}`) })),
			debian: settings.debian,
			python: settings.pythons[0],
			package: named("package"),
			wheelOf: wheel,
			folder: "packages/test",
		});
	}

	it("lies beside the .deb, by the app's name and the image's tag", () => {
		const { IMAGE, SBOM, PROVENANCE } = description();
		expect(SBOM).toBe(`packages/test/orders-${tagOf(IMAGE)}.cdx.json`);
		expect(PROVENANCE).toBe(`packages/test/orders-${tagOf(IMAGE)}.intoto.json`);
	});

	it("has the wheels of the lock, with what may be secret left out of an address", () => {
		const [jinja2, markupsafe] = app.distributions;
		const { file } = jinja2 as DownloadedWheel;
		const url = "https://user:secret@index.example.com/x.whl?token=secret#sha256=0";
		const distributions = [
			{ ...(jinja2 as DownloadedWheel), file: { ...file, size: 1, url } },
			markupsafe as CompiledWheel,
		];
		const { APP } = description({ distributions });
		expect(APP?.distributions).toEqual([
			{
				name: "jinja2",
				version: "3.1.6",
				file: { ...file, url: "https://index.example.com/x.whl" },
			},
			{
				name: "markupsafe",
				version: "3.0.2",
				sdist: (markupsafe as CompiledWheel).sdist,
				image: wheel(markupsafe as CompiledWheel).name,
			},
		]);
	});

	it("says what it is made from: its own wheel too, where it is a distribution", () => {
		const own = { image: stackImage(site, "wheel-orders", contentKey({})) };
		const names = description({}, own).MADE_FROM.map((name) => tagOf(name).slice(0, -13));
		expect(names).toEqual(["python", "wheelhouse-orders", "wheel-orders"]);
		expect(description({}, own).APP?.wheel).toBe(own.image.name);
		expect(description().MADE_FROM).toHaveLength(2);
	});

	it("says which folders are in it, and looks for them there", () => {
		const local = { folder, path: "../core", files: ["main.py"], buildRequirements: [] };
		const found = description({ locals: [{ name: "core", ...local }] });
		expect(found.APP?.locals).toEqual([
			{ name: "core", files: found.APP?.files, image: found.MADE_FROM[2] },
		]);
		expect(found.ROOT).toBeUndefined();
		expect(description().ROOT).toBeDefined();
	});
});
