import { expect, it, vi } from "vitest";
import { configuredSettings } from "../local/images.ts";
import { readStackConfig, stackNames } from "../local/stack-config.ts";
import { record } from "../tests/record.ts";
import { stackImages } from "./images.ts";
import { ownValues } from "./settings.ts";

vi.spyOn(console, "warn").mockImplementation(() => {});

it.each(stackNames())("are those that the program makes, of %s", async (stack) => {
	const { project, config } = readStackConfig(stack, ["registry=none", "ecrPullAccounts="]);
	const settings = configuredSettings("test", { project, config });
	const made = [...(await record(ownValues(project, config))).values()].flatMap(({ inputs }) =>
		inputs.build === undefined
			? inputs.environment?.LABELS
				? inputs.environment.IMAGE
				: []
			: inputs.name,
	);
	const images = stackImages(settings, "localhost/debian-python/test");
	expect(images.map(({ name }) => name)).toEqual(made);
});
