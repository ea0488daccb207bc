import { describe, expect, it, vi } from "vitest";
import { describeStep } from "../components/sbom/step.ts";
import { stepCall } from "../components/step/command.ts";
import { configuredSettings } from "../local/images.ts";
import { readStackConfig, stackNames } from "../local/stack-config.ts";
import { record } from "../tests/record.ts";
import { stackDescriptions, stackImages } from "./images.ts";
import { ownValues } from "./settings.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

const REPOSITORY = "localhost/debian-python/test";

describe.each(stackNames())("of %s", (stack) => {
	const { project, config } = readStackConfig(stack, ["registry=none", "ecrPullAccounts="]);
	const settings = configuredSettings("test", { project, config });
	const recorded = async () => [...(await record(ownValues(project, config))).values()];

	it("the images are those that the program makes", async () => {
		const made = (await recorded()).flatMap(({ inputs }) =>
			inputs.build === undefined
				? inputs.environment?.LABELS
					? inputs.environment.IMAGE
					: []
				: inputs.name,
		);
		expect(stackImages(settings, REPOSITORY).map(({ name }) => name)).toEqual(made);
	});

	it("the descriptions are those that the program writes", async () => {
		const written = (await recorded()).filter(({ name }) => name.endsWith("-sbom"));
		const described = Object.entries(stackDescriptions(settings, REPOSITORY)).map(
			([artefact, description]) => [artefact, stepCall(describeStep, description)] as const,
		);
		expect(Object.fromEntries(described)).toEqual(
			Object.fromEntries(
				written.map(({ name, inputs: { create, environment } }) => [
					name.replace(/(-image)?-sbom$/, ""),
					{ create, environment },
				]),
			),
		);
	});
});
