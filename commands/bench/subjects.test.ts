import { expect, it } from "vitest";
import { measuredConfig } from "./subjects.ts";

const REGISTRY = "registry=registry.example.org/team/python";
/** The stack file's profile is quick. */
const stack = "local";

it("keeps the stack's registry where its own profile is measured", () => {
	const config = [REGISTRY];
	expect(measuredConfig({ stack, config, quick: true })).toEqual(config);
});

it("publishes no profile that is not the stack's", () => {
	expect(measuredConfig({ stack, config: [], quick: false })).toEqual([
		...["registry=none", "platforms=", "platform=linux/amd64"],
		"profile=optimized",
	]);
});
