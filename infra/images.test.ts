import { describe, expect, it, vi } from "vitest";
import { describeStep } from "../components/sbom/step.ts";
import { stepCall } from "../components/step/command.ts";
import { configuredSettings } from "../local/images.ts";
import { readStackConfig } from "../local/stack-config.ts";
import { stackNames } from "../stacks/stack-repositories.ts";
import { record } from "../tests/record.ts";
import { stackDescriptions, stackImages } from "./images.ts";
import { ownValues } from "./settings.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

const REPOSITORY = "localhost/debian-python/test";

const MINIMAL = 'pythons=[{"version": "3.13.5"}, {"version": "3.13.5", "variant": "minimal"}]';
const SEVERAL = 'pythons=[{"version": "3.13.5"}, {"version": "3.12.14"}, {"version": "3.14.7"}]';

describe.each([
	...stackNames().map((stack) => [stack, stack, []] as const),
	["local with several Pythons", "local", ["pythonVersion=", SEVERAL]] as const,
	["local with the image minimal, and an app on it", "local", ["variant=minimal"]] as const,
	["local with the image minimal beside python", "local", ["pythonVersion=", MINIMAL]] as const,
])("of %s", (_, stack, changes) => {
	const fixed = ["registry=none", "ecrPullAccounts="];
	const { project, config } = readStackConfig(stack, [...fixed, ...changes]);
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
		const names = stackImages(settings, REPOSITORY).map(({ name }) => name);
		// What several Pythons or images are made of is registered as soon as what it needs is.
		const isOne = settings.pythons.length === 1 && settings.pythons[0].images === undefined;
		const inOrder = (list: string[]) => (isOne ? list : list.toSorted());
		expect(inOrder(names)).toEqual(inOrder(made));
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
