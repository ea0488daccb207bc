import { describe, expect, it } from "vitest";
import { configDifference, expectedConfig } from "./config.ts";

const base = {
	Env: ["PATH=/bin", "COMPANY=x"],
	Cmd: ["bash"],
	Entrypoint: null,
	WorkingDir: "",
	Labels: { vendor: "x" },
	OnBuild: null,
};
const changes = ['CMD ["python3"]', "ENV PATH=/venv/bin:/bin", "ENV LANG=C.UTF-8", "WORKDIR /src"];
const expected = expectedConfig(base, changes, { title: 'a "b"' });
const good = {
	Env: ["PATH=/venv/bin:/bin", "COMPANY=x", "LANG=C.UTF-8"],
	Cmd: ["python3"],
	Entrypoint: null,
	WorkingDir: "/src",
	Labels: { title: 'a "b"', vendor: "x" },
};

describe("a committed image's config", () => {
	it("is its base's with the changes, in any order of the variables", () => {
		expect(configDifference(good, expected)).toBeUndefined();
		const reversed = { ...good, Env: good.Env.toReversed(), Volumes: {}, StopSignal: "" };
		expect(configDifference(reversed, expected)).toBeUndefined();
		expect(configDifference({ WorkingDir: "/" }, { WorkingDir: "" })).toBeUndefined();
	});

	it.each([
		[{ Env: [...good.Env, "http_proxy=http://u:secret@h"] }, "Env has http_proxy"],
		[{ Env: good.Env.slice(1) }, "Env lacks PATH"],
		[{ Cmd: ["sh"] }, "Cmd has something else"],
		[{ Entrypoint: ["sh"] }, "Entrypoint has something else"],
		[{ User: "1000" }, "User has something else"],
		[{ WorkingDir: undefined }, "WorkingDir lacks something else"],
		[{ Labels: { ...good.Labels, owner: "secret" } }, "Labels has owner"],
		[{ Labels: { ...good.Labels, vendor: "y" } }, "Labels has vendor"],
		[{ Volumes: { "/mnt": {} } }, "Volumes has something else"],
		[{ ExposedPorts: { "80/tcp": {} } }, "ExposedPorts has something else"],
		[{ StopSignal: "SIGINT" }, "StopSignal has something else"],
		[{ Healthcheck: { Test: ["NONE"] } }, "Healthcheck has Test"],
		[{ OnBuild: ["RUN x"] }, "OnBuild has something else"],
		[{ Shell: ["bash"] }, "Shell has something else"],
	])("%o is told, without values: %s", (change, difference) => {
		expect(configDifference({ ...good, ...change }, expected)).toBe(difference);
	});

	it("has what an app is run by", () => {
		const config = expectedConfig(
			base,
			[
				'CMD ["serve"]',
				"EXPOSE 8000/tcp",
				String.raw`ENV GREETING="a \"b\" \$c \\d"`,
				'HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["check", "CMD x"]',
			],
			{},
		);
		expect(config).toMatchObject({
			Env: [...base.Env, String.raw`GREETING=a "b" $c \d`],
			ExposedPorts: { "8000/tcp": {} },
			Healthcheck: {
				Test: ["CMD", "check", "CMD x"],
				Interval: 10e9,
				Timeout: 5e9,
				StartPeriod: 60e9,
			},
		});
	});

	it("is not guessed: an instruction that is not known is an error", () => {
		expect(() => expectedConfig(base, ["VOLUME /x"], {})).toThrow("VOLUME");
	});
});
