import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Checkout, docker } from "./checkout.ts";
import { seedImages, upTo } from "./seed.ts";

/*
 * What crossbuild has of Debian before bookworm, whose pkg-config has the names of other architectures too:
 * a script that calls pkg-config.
 */

const MINUTE = 60_000;
const IMAGE = "debian-python/test-crossbuild";
const TRIPLET = "aarch64-linux-gnu";

let checkout: Checkout;
let pybuild: string;

beforeAll(async () => {
	checkout = new Checkout();
	await seedImages(checkout, checkout.repository, upTo("pybuild"));
	pybuild = (await checkout.build(["--target", "pybuild"])).images.pybuild.name;
}, 10 * MINUTE);
afterAll(() => {
	execFileSync("docker", ["image", "rm", "--force", IMAGE, `${IMAGE}:old`], { stdio: "ignore" });
	checkout.remove();
});

it(
	"finds the libraries of the other architecture where pkg-config has that one's name too",
	() => {
		const script = `#!/bin/sh\\nexec pkg-config "$@"\\n`;
		const tool = `/usr/bin/${TRIPLET}-pkg-config`;
		const old = `FROM ${pybuild}\nUSER root\nRUN printf '${script}' >${tool} && chmod 0755 ${tool}\n`;
		execFileSync("docker", ["build", `--tag=${IMAGE}:old`, "-"], { input: old, stdio: "pipe" });
		const args = {
			PYBUILD: `${IMAGE}:old`,
			...{ ARCHITECTURE: "arm64", TRIPLET, PACKAGES: "zlib1g-dev:arm64" },
		};
		const pairs = Object.entries(args).map(([key, value]) => `--build-arg=${key}=${value}`);
		docker("build", `--tag=${IMAGE}`, ...pairs, "components/crossbuild/context");
		const ask = ["10", "pkg-config", "--variable=libdir", "zlib"];
		const directory = docker("run", "--rm", "--entrypoint=timeout", IMAGE, ...ask);
		expect(directory).toBe(`/usr/lib/${TRIPLET}`);
	},
	3 * MINUTE,
);
