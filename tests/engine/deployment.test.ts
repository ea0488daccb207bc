import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHIVE_CHANGES, CHANGES, IMAGE_CHANGES } from "../changes.ts";
import { Checkout, docker, type RunOutputs } from "../local/checkout.ts";
import { Deployment, engineEnvironment, type Outcome } from "./deployment.ts";
import { hasPulumi } from "./pulumi.ts";

/*
 * The stack `local` under Pulumi's real engine and providers, with its state in a folder. The tests
 * tell one story: each begins with what the one before it left.
 */

const MINUTE = 60_000;

/** What must not be found anywhere: credentials that are on the machine while the engine works. */
const PASSPHRASE = "passphrase-of-the-state";
const REGISTRY_PASSWORD = "password-of-a-registry";
const AWS_SECRET = "secret-key-of-an-account";
const REGISTRY_AUTH = Buffer.from(`user:${REGISTRY_PASSWORD}`).toString("base64");

describe.skipIf(!hasPulumi)("a stack under Pulumi's engine", () => {
	let checkout: Checkout;
	let deployment: Deployment;
	let outputs: RunOutputs;
	/** State, and what else belongs to the stack's user rather than to the checkout. */
	let home: string;
	let environment: Record<string, string>;
	/** All that the engine said in these tests. */
	let said = "";

	beforeAll(async () => {
		checkout = new Checkout();
		home = mkdtempSync(join(tmpdir(), "pulumi-"));
		mkdirSync(join(home, "state"));
		mkdirSync(join(home, "docker"));
		const auths = { "registry.invalid": { auth: REGISTRY_AUTH } };
		writeFileSync(join(home, "docker/config.json"), JSON.stringify({ auths }));
		environment = {
			...engineEnvironment(join(home, "state")),
			PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
			DOCKER_CONFIG: join(home, "docker"),
			AWS_ACCESS_KEY_ID: "an-account",
			AWS_SECRET_ACCESS_KEY: AWS_SECRET,
		};
		deployment = await Deployment.open(checkout.folder, checkout.stack, environment);
	}, MINUTE);
	afterAll(() => {
		checkout?.remove();
		if (home) rmSync(home, { recursive: true });
	}, MINUTE);

	/** What an operation, which must end well, did. */
	async function stepsOf(operation: Promise<Outcome>): Promise<Outcome["steps"]> {
		const { steps, errors, said: words } = await operation;
		said += words;
		expect(errors).toEqual([]);
		return steps;
	}

	const imageId = (name: string) => docker("image", "inspect", "--format", "{{.Id}}", name);
	const tags = () =>
		docker("image", "ls", "--format", "{{.Tag}} {{.ID}}", checkout.repository).split("\n").sort();
	/** Containers of the stack that are still there. */
	const containers = () =>
		docker("ps", "--all", "--format", "{{.Image}}")
			.split("\n")
			.filter((image) => image.startsWith(checkout.repository));
	const baseName = () => {
		const tag = tags().find((line) => line.startsWith("base-"));
		return `${checkout.repository}:${tag?.split(" ")[0]}`;
	};

	it(
		"whose package step fails says why in one line, and keeps what is done",
		async () => {
			// There is no such release: pybuild runs, and finds its source nowhere.
			const unknown = { pythonVersion: "3.13.99", sourceSha256: "0".repeat(64) };
			const config = { ...unknown, allowUnsupported: "true" };
			const { steps, errors } = await deployment.changed({ config }, () => deployment.up());
			expect(steps).toMatchObject({
				"base-bootstrap": "create",
				"debbase-image": "create",
				"pybuild-image": "create",
				"package-build": "create",
			});
			expect(steps).not.toHaveProperty("python-image-commit");
			const lines = errors.join("").split("\n");
			expect(lines.filter((line) => line.startsWith("error: "))).toEqual([
				expect.stringMatching(
					/^error: fetch: no place has Python 3\.13\.99 .*\(log: packages\/.*\)/,
				),
			]);
			expect(lines.filter((line) => /^ +at /.test(line))).toEqual([]);
			expect(containers()).toEqual([]);
		},
		10 * MINUTE,
	);

	it(
		"goes on in the next up, which is interrupted in the install of python",
		async () => {
			await reusePackage();
			const { steps, errors } = await deployment.up(/run components\/python/);
			expect(steps).toMatchObject({ "package-build": "create", "python-image-commit": "create" });
			for (const made of ["base-bootstrap", "debbase-image", "pybuild-image"]) {
				expect(steps).not.toHaveProperty(made);
			}
			expect(errors).not.toEqual([]);
		},
		20 * MINUTE,
	);

	it(
		"is completed by the one after that, which makes only what is missing",
		async () => {
			const steps = await stepsOf(deployment.up());
			expect(steps).toMatchObject({
				"python-image-commit": "create",
				"wheelbuild-image-commit": "create",
			});
			expect(steps).not.toHaveProperty("package-build");
			// What the provider killed could not clean up after itself: a later step does.
			expect(containers()).toEqual([]);
			outputs = (await deployment.outputs()) as unknown as RunOutputs;
		},
		3 * MINUTE,
	);

	/** Have the package under its name, where another repository of this daemon has it by its key. */
	async function reusePackage(): Promise<void> {
		const { stdout } = await checkout.run(["--preview", "--json"]);
		const tag = `package-${(JSON.parse(stdout) as RunOutputs).package.key}`;
		const filter = ["--filter", `reference=localhost/debian-python/*:${tag}`];
		const [found] = docker("image", "ls", "--format", "{{.ID}}", ...filter).split("\n");
		if (found) docker("tag", found, `${checkout.repository}:${tag}`);
	}

	it("has images that work, with the labels that the steps look for", () => {
		const python = ["python", "-c", "import ssl; print('ok')"];
		expect(docker("run", "--rm", outputs.images.python.name, ...python)).toBe("ok");
		for (const [artefact, { name }] of Object.entries(outputs.images)) {
			const labels = docker("image", "inspect", "--format", "{{json .Config.Labels}}", name);
			expect(JSON.parse(labels)).toMatchObject({
				"debian-python.artefact": artefact,
				"debian-python.project": "debian-python",
			});
		}
	});

	it("has the outputs that a local run has", async () => {
		expect(JSON.parse((await checkout.run(["--preview", "--json"])).stdout)).toEqual(outputs);
	});

	it(
		"has nothing to do in a second up, nor in a preview or a refresh",
		async () => {
			const before = tags();
			expect(await stepsOf(deployment.up())).toEqual({});
			expect(await stepsOf(deployment.preview())).toEqual({});
			expect(await stepsOf(deployment.refresh())).toEqual({});
			expect(tags()).toEqual(before);
		},
		MINUTE,
	);

	it(
		"is held back by the policy pack once it is tagged production, and not before",
		async () => {
			const preview = () => deployment.preview([join(checkout.folder, "policies")]);
			expect(await stepsOf(preview())).toEqual({});
			const { errors } = await deployment.tagged("environment", "production", preview);
			expect(errors.join("\n")).toMatch(/resource base-bootstrap: snapshot is not there/);
			expect(errors.join("\n")).toMatch(/resource package-build: profile quick is for/);
		},
		MINUTE,
	);

	it(
		"makes again what is lost, as a preview says, and has nothing to do after that",
		async () => {
			const lost = tags()
				.map((line) => line.split(" ")[0] ?? "")
				.filter((tag) => /^(debbase|python|wheelbuild)-/.test(tag));
			docker("image", "rm", ...lost.map((tag) => `${checkout.repository}:${tag}`));
			const steps = {
				"debbase-image": "replace",
				"python-image-commit": "update",
				"python-image-sbom": "update",
				"wheelbuild-image-commit": "update",
				"wheelbuild-image-sbom": "update",
			};
			const preview = await deployment.preview();
			expect(preview.steps).toEqual(steps);
			expect(preview.said).toMatch(/python: build \(.*\): it was deployed, and is lost/);
			expect(await stepsOf(deployment.up())).toEqual(steps);
			for (const { name } of Object.values(outputs.images))
				expect(imageId(name)).toMatch(/^sha256:/);
			expect(await stepsOf(deployment.preview())).toEqual({});
			expect(await stepsOf(deployment.up())).toEqual({});
		},
		10 * MINUTE,
	);

	it(
		"has nothing to do from another checkout, with another path and umask",
		async () => {
			const other = mkdtempSync(join(tmpdir(), "other checkout-"));
			try {
				const copy = 'umask 077; cp -R "$1/." "$2"; rm -r "$2/packages"';
				execFileSync("sh", ["-euc", copy, "sh", checkout.folder, other]);
				const elsewhere = await Deployment.open(other, checkout.stack, environment);
				expect(await stepsOf(elsewhere.preview())).toEqual({});
				expect(await stepsOf(elsewhere.up())).toEqual({});
			} finally {
				rmSync(other, { recursive: true });
			}
		},
		MINUTE,
	);

	describe("with a base from the archive, previews exactly a change of", () => {
		it.each([...CHANGES, ...ARCHIVE_CHANGES])(
			"$what",
			async (change) => {
				const preview = () => stepsOf(deployment.preview());
				expect(await deployment.changed(change, preview)).toEqual(change.steps);
			},
			MINUTE,
		);
	});

	it(
		"whose config is wrong says all of it in a preview, and nothing runs",
		async () => {
			const config = { pythonVersion: "3.1", realease: "x" };
			const wrong = await deployment.changed({ config }, () => deployment.preview());
			expect(wrong.errors.join("")).toMatch(
				/realease[\s\S]*pythonVersion|pythonVersion[\s\S]*realease/,
			);
			expect(wrong.errors.join("")).not.toMatch(/^ +at /m);
			expect(wrong.steps).not.toHaveProperty("debbase-image");
		},
		MINUTE,
	);

	it(
		"makes an image again that was removed by hand, after a refresh",
		async () => {
			docker("image", "rm", outputs.images.debbase.name);
			expect(await stepsOf(deployment.refresh())).toEqual({ "debbase-image": "delete" });
			expect(await stepsOf(deployment.up())).toEqual({ "debbase-image": "create" });
			expect(imageId(outputs.images.debbase.name)).toMatch(/^sha256:/);
		},
		2 * MINUTE,
	);

	it(
		"gets a new base without a compile",
		async () => {
			const packageImage = `${checkout.repository}:package-${outputs.package.key}`;
			const before = imageId(packageImage);
			const base = `${checkout.repository}:rotated`;
			const dockerfile = `FROM ${baseName()}\nRUN touch /rotated\n`;
			execFileSync("docker", ["build", "--tag", base, "-"], { input: dockerfile, stdio: "pipe" });
			deployment.configure({ base });
			const { steps } =
				ARCHIVE_CHANGES.find(({ config }) => config?.base !== undefined) ?? expect.fail();
			expect(await stepsOf(deployment.up())).toEqual(steps);
			expect(imageId(packageImage)).toBe(before);
			const { images } = (await deployment.outputs()) as unknown as RunOutputs;
			for (const { name } of Object.values(images)) {
				expect(docker("run", "--rm", "--entrypoint", "ls", name, "/rotated")).toBe("/rotated");
			}
			expect(await stepsOf(deployment.preview())).toEqual({});
		},
		10 * MINUTE,
	);

	describe("with a base from an image, previews exactly a change of", () => {
		it.each(IMAGE_CHANGES)(
			"$what",
			async (change) => {
				const preview = () => stepsOf(deployment.preview());
				expect(await deployment.changed(change, preview)).toEqual(change.steps);
			},
			MINUTE,
		);
	});

	it("leaves no secret of the machine and no path of the checkout in state, words or files", () => {
		const files = [join(home, "state"), join(checkout.folder, "packages")].flatMap((folder) =>
			readdirSync(folder, { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile() && !entry.name.endsWith(".deb"))
				.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
		);
		const configs = docker("image", "inspect", ...tags().map((line) => line.split(" ")[1] ?? ""));
		const all = [...files, configs, said].join("\n");
		// The state was really looked at.
		expect(all).toContain(`debian-python-${checkout.stack}`);
		for (const secret of [PASSPHRASE, REGISTRY_PASSWORD, REGISTRY_AUTH, AWS_SECRET]) {
			expect(all).not.toContain(secret);
		}
		expect(all).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY|"ciphertext"/);
		// Pulumi keeps where in the program a resource stands, and compares it with nothing.
		const compared = files.join("\n").replaceAll(/"sourcePosition":\s*"[^"]*"/g, "");
		expect(compared).not.toContain(checkout.folder);
	});

	it(
		"leaves its images and files when it is destroyed, without a daemon, and is back without a compile",
		async () => {
			const before = tags();
			const after = { ...(await deployment.outputs()) };
			const withoutDaemon = { ...environment, DOCKER_HOST: "unix:///nonexistent/docker.sock" };
			const gone = await Deployment.open(checkout.folder, checkout.stack, withoutDaemon);
			expect(await stepsOf(gone.destroy())).toMatchObject({
				"debbase-image": "delete",
				"package-build": "delete",
			});
			expect(tags()).toEqual(before);
			expect(readdirSync(join(checkout.folder, "packages", checkout.stack))).toContain(
				outputs.package.file.split("/").at(-1),
			);
			const { steps, errors, said: words } = await deployment.up();
			expect(errors).toEqual([]);
			expect(steps).toMatchObject({
				"package-build": "create",
				"wheelbuild-image-commit": "create",
			});
			expect(words).not.toContain("==> ");
			expect(await deployment.outputs()).toEqual(after);
		},
		3 * MINUTE,
	);
});
