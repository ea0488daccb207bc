import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Unit tests that need a process of their own, and why. */
const ALONE = [
	// A library reads the environment when it is loaded.
	"components/sbom/attach.test.ts",
];

/**
 * End-to-end tests beside which no other runs: they look at all that the project has on the daemon,
 * kill what another run would sweep, or measure.
 */
const LOCAL_ALONE = ["program", "faults", "app-faults", "beside", "bench", "gates"].map(
	(name) => `tests/local/${name}.test.ts`,
);

const LOCAL = {
	globalSetup: ["tests/local/daemon.ts"],
	testTimeout: 60_000,
	hookTimeout: 120_000,
};

/** What both kinds of unit tests have. */
const UNIT = {
	// A hang is what it is for: a busy machine is not a failure.
	testTimeout: 120_000,
	// Some wait for what they start or for a moment to pass: one more than there are cores uses these.
	maxWorkers: availableParallelism() + 1,
};

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "unit",
					...UNIT,
					include: [
						"{commands,components,infra,local,policies,stacks}/**/*.test.ts",
						"tests/*.test.ts",
					],
					exclude: ALONE,
					// Pulumi's SDK and its like are loaded once, not for each file; setupFiles undoes the rest.
					isolate: false,
					setupFiles: ["tests/fresh.ts"],
				},
			},
			{ test: { name: "unit-alone", ...UNIT, include: ALONE } },
			{
				test: {
					name: "local-alone",
					include: LOCAL_ALONE,
					...LOCAL,
					// First: the longest is among them, and leaves what the others would build.
					maxWorkers: 1,
					sequence: { groupOrder: 1 },
				},
			},
			{
				test: {
					name: "local",
					include: ["tests/local/*.test.ts"],
					exclude: LOCAL_ALONE,
					...LOCAL,
					// One daemon, two cores: what waits for one, a disk or a network, leaves time to another.
					maxWorkers: 2,
					sequence: { groupOrder: 2 },
				},
			},
			{
				test: {
					name: "engine",
					include: ["tests/engine/*.test.ts"],
					globalSetup: ["tests/engine/setup.ts"],
					// After the others: it uses the same daemon, and what they compiled.
					fileParallelism: false,
					sequence: { groupOrder: 3 },
				},
			},
		],
	},
});
