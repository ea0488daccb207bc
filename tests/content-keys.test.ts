import { expect, it } from "vitest";
import { stackImages } from "../infra/images.ts";
import { configuredSettings } from "../local/images.ts";
import { readStackConfig } from "../local/stack-config.ts";
import { stackNames } from "../stacks/stack-repositories.ts";

/*
 * Every content key of every stack, as it was last meant to be. A key that changes builds its artefact
 * again everywhere, so a change of this file is a change for every user: `npx vitest run
 * tests/content-keys.test.ts --update` writes it anew, and the commit says what bytes changed, and why.
 */

it("are those that are written down", async () => {
	const keys: Record<string, Record<string, string>> = {};
	for (const stack of stackNames()) {
		const images = stackImages(configuredSettings(stack, readStackConfig(stack, [])), "");
		keys[stack] = Object.fromEntries(images.map(({ artefact, key }) => [artefact, key]));
	}
	await expect(`${JSON.stringify(keys, null, "\t")}\n`).toMatchFileSnapshot("content-keys.json");
});
