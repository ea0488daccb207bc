import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Step } from "../../../components/step/step.ts";
import { type Builder, imageSize } from "./builders.ts";
import { firstAnswer } from "./first-answer.ts";
import { type Engine, type Registry, startEngine } from "./machines.ts";
import { type Change, makeChange, type Scenario } from "./scenarios.ts";

/** How often the first answer of each image is awaited. */
const STARTS = 3;

/** A build that was timed. */
export interface Timed {
	readonly scenario: Scenario;
	/** Build and push, in seconds. */
	readonly seconds: number;
	/** Pushed. */
	readonly bytes: number;
}

/** What was measured of one way to build. */
export interface MeasuredBuilder {
	readonly name: string;
	readonly builds: Timed[];
	/** Of the image, in bytes. */
	size: number;
	/** Of the first answers, in seconds. */
	readonly starts: number[];
}

/** What {@link measureApps} needs. */
export interface MeasureArgs {
	readonly builders: readonly Builder[];
	readonly registry: Registry;
	/** Gives the folder of the app after the nth change of a kind, with its locks. */
	readonly app: (change: Change, count: number) => string;
	/** For engines and copies of the app. */
	readonly folder: string;
	readonly rounds: number;
	readonly scenarios: readonly Scenario[];
}

/** Time all scenarios of all builders, which take turns. */
export async function measureApps(step: Step, args: MeasureArgs): Promise<MeasuredBuilder[]> {
	const runners = args.builders.map((builder, index) => new Runner(builder, index, args));
	try {
		for (let round = 0; round < args.rounds; round++) {
			for (const scenario of args.scenarios) {
				if (scenario.runner === "cold" && round > 0) continue;
				for (const runner of runners) {
					step.progress(`round ${round + 1}: ${runner.measured.name}: ${scenario.name}`);
					const { seconds } = await runner.time(scenario, round);
					step.progress(`${seconds.toFixed(1)} s`);
				}
			}
		}
		for (let start = 0; start < STARTS; start++) for (const runner of runners) await runner.start();
		return runners.map(({ measured }) => measured);
	} finally {
		for (const runner of runners) await runner.stop();
	}
}

/** One builder, and its machines. */
class Runner {
	readonly measured: MeasuredBuilder;
	readonly #builder: Builder;
	readonly #index: number;
	readonly #args: MeasureArgs;
	#warm: Engine | undefined;
	#image = "";

	constructor(builder: Builder, index: number, args: MeasureArgs) {
		this.#builder = builder;
		this.#index = index;
		this.#args = args;
		this.measured = { name: builder.name, builds: [], size: 0, starts: [] };
	}

	/** Make a change of the app as it was first, and time its build. */
	async time(scenario: Scenario, round: number): Promise<Timed> {
		const { change, runner } = scenario;
		if (runner === "cold") this.#warm = await this.#engine("warm", 1);
		else await this.#reset();
		const count = 2 * round + (runner === "empty" ? 1 : 0);
		const app = await this.#app(change, count);
		if (runner !== "empty") return this.#build(scenario, app, this.#warm);
		const empty = await this.#engine("empty", 3);
		try {
			return await this.#build(scenario, app, empty);
		} finally {
			await empty.stop();
		}
	}

	/** Build the app as it was first, so that the registry has that last. */
	async #reset(): Promise<void> {
		if (this.#warm === undefined) return;
		this.#image = await this.#builder.build(await this.#app("nothing", 0), this.#warm);
	}

	/** Wait for a first answer. */
	async start(): Promise<void> {
		if (this.#warm === undefined) return;
		if (this.#image === "") await this.#reset();
		this.measured.size = await imageSize(this.#image, this.#warm);
		this.measured.starts.push(await firstAnswer(this.#image, this.#warm));
	}

	async stop(): Promise<void> {
		await this.#warm?.stop();
	}

	/** The app in the one folder that it has in all builds. */
	async #app(change: Change, count: number): Promise<string> {
		const folder = join(this.#args.folder, `app-${this.#index}`);
		await cp(this.#args.app(change, count), folder, { recursive: true, force: true });
		if (change === "code") await makeChange(folder, change, count);
		return folder;
	}

	async #engine(name: string, number: number): Promise<Engine> {
		const folder = join(this.#args.folder, `${name}-${this.#index}`);
		const engine = await startEngine(folder, number + this.#index);
		await this.#builder.prepare(engine);
		return engine;
	}

	async #build(scenario: Scenario, app: string, engine: Engine | undefined): Promise<Timed> {
		if (engine === undefined) throw new Error("what is cold comes first");
		const { registry } = this.#args;
		const before = await registry.bytes();
		const started = performance.now();
		await this.#builder.build(app, engine);
		const seconds = (performance.now() - started) / 1000;
		const bytes = (await registry.bytes()) - before;
		const timed = { scenario, seconds, bytes };
		this.measured.builds.push(timed);
		return timed;
	}
}
