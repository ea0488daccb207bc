import { defineConfig } from "vitest/config";

/** Unit tests that need a process of their own, and why. */
const ALONE = [
	// A library reads the environment when it is loaded.
	"components/sbom/attach.test.ts",
];

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "unit",
					include: ["{commands,components,infra,local,stacks}/**/*.test.ts", "tests/*.test.ts"],
					exclude: ALONE,
					// A hang is what it is for: a busy machine is not a failure.
					testTimeout: 120_000,
					// Pulumi's SDK and its like are loaded once, not for each file; setupFiles undoes the rest.
					isolate: false,
					setupFiles: ["tests/fresh.ts"],
				},
			},
			{ test: { name: "unit-alone", include: ALONE, testTimeout: 120_000 } },
			{
				test: {
					name: "local",
					include: ["tests/local/*.test.ts"],
					globalSetup: ["tests/local/daemon.ts"],
					// One daemon, two cores: one file at a time.
					fileParallelism: false,
					testTimeout: 60_000,
					hookTimeout: 120_000,
				},
			},
			{
				test: {
					name: "engine",
					include: ["tests/engine/*.test.ts"],
					globalSetup: ["tests/engine/setup.ts"],
					// After the others: it uses the same daemon, and what they compiled.
					fileParallelism: false,
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
