import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	type EngineEvent,
	LocalWorkspace,
	type LocalWorkspaceOptions,
	type Stack,
} from "@pulumi/pulumi/automation/index.js";
import { parseDocument } from "yaml";
import type { Change, Operation } from "../changes.ts";

/**
 * The provider that the engine has in itself, through which a preview reads the last deployment's
 * outputs. Pulumi's own summary does not count it, and no state has it.
 */
const ENGINES_OWN = "pulumi:providers:pulumi";

/** What an operation of the engine did, or in a preview would do. */
export interface Outcome {
	/** What becomes of each resource that does not stay as it is, by its name. */
	readonly steps: Record<string, Operation>;
	/** The messages of an operation that failed; empty where it ended well. */
	readonly errors: readonly string[];
	/** All that was said: progress, warnings, errors. */
	readonly said: string;
}

/** The environment that the engine needs, with its state in a folder that is there. */
export function engineEnvironment(state: string): Record<string, string> {
	return {
		// The language host and the command provider start the first node that they find.
		PATH: `${join(process.cwd(), "node_modules/.bin")}:${process.env.PATH}`,
		PULUMI_BACKEND_URL: `file://${state}`,
		PULUMI_SKIP_UPDATE_CHECK: "true",
	};
}

/** A checkout's stack under Pulumi's real engine and providers, with its state in a folder. */
export class Deployment {
	readonly #stack: Stack;
	readonly #folder: string;

	private constructor(folder: string, stack: Stack) {
		this.#folder = folder;
		this.#stack = stack;
	}

	/** Select the stack, which is made where there is none yet. */
	static async open(
		folder: string,
		stackName: string,
		envVars: LocalWorkspaceOptions["envVars"],
	): Promise<Deployment> {
		const stack = await LocalWorkspace.createOrSelectStack(
			{ stackName, workDir: folder },
			{ envVars },
		);
		return new Deployment(folder, stack);
	}

	/** @param policyPacks folders of policy packs that look at it. */
	preview(policyPacks: string[] = []): Promise<Outcome> {
		return outcome((onEvent) => this.#stack.preview({ onEvent, policyPacks }));
	}

	/** Do something while the stack has a tag. */
	async tagged<T>(tag: string, value: string, work: () => Promise<T>): Promise<T> {
		await this.#stack.setTag(tag, value);
		try {
			return await work();
		} finally {
			await this.#stack.removeTag(tag);
		}
	}

	/** @param until stop as Ctrl-C does, once this is said. */
	up(until?: RegExp): Promise<Outcome> {
		const abort = new AbortController();
		return outcome((onEvent) =>
			this.#stack.up({
				signal: abort.signal,
				onEvent(event) {
					onEvent(event);
					if (until?.test(event.diagnosticEvent?.message ?? "")) abort.abort();
				},
			}),
		);
	}

	refresh(): Promise<Outcome> {
		return outcome((onEvent) => this.#stack.refresh({ onEvent }));
	}

	destroy(): Promise<Outcome> {
		return outcome((onEvent) => this.#stack.destroy({ onEvent }));
	}

	/** The stack's outputs as they are in its state. */
	async outputs(): Promise<Record<string, unknown>> {
		const outputs = Object.entries(await this.#stack.outputs());
		return Object.fromEntries(outputs.map(([name, { value }]) => [name, value as unknown]));
	}

	/** Do something in the checkout with a change, which is then taken back. */
	async changed<T>(
		{ config = {}, file }: Pick<Change, "file"> & { config?: Readonly<Record<string, unknown>> },
		work: () => Promise<T>,
	) {
		const stackFile = `Pulumi.${this.#stack.name}.yaml`;
		const paths = [stackFile, file ?? []].flat().map((path) => join(this.#folder, path));
		const before = paths.map((path) => [path, readFileSync(path)] as const);
		try {
			this.configure(config);
			if (file !== undefined) appendFileSync(join(this.#folder, file), "# changed\n");
			return await work();
		} finally {
			for (const [path, content] of before) writeFileSync(path, content);
		}
	}

	/** Set keys in the stack's file. */
	configure(config: Readonly<Record<string, unknown>>): void {
		const path = join(this.#folder, `Pulumi.${this.#stack.name}.yaml`);
		const document = parseDocument(readFileSync(path, "utf8"));
		for (const [key, value] of Object.entries(config)) {
			document.setIn(["config", `debian-python:${key}`], value);
		}
		writeFileSync(path, document.toString());
	}
}

async function outcome(
	operation: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
): Promise<Outcome> {
	const steps: Record<string, Operation> = {};
	const errors: string[] = [];
	const said: string[] = [];
	const onEvent = (event: EngineEvent) => {
		const { resourcePreEvent, resOutputsEvent, diagnosticEvent, policyEvent } = event;
		// What a refresh finds is known only at the end of its step.
		const metadata = (resourcePreEvent ?? resOutputsEvent)?.metadata;
		const step = operationOf(metadata?.op ?? "same");
		if (metadata !== undefined && metadata.type !== ENGINES_OWN && step !== undefined) {
			steps[metadata.urn.split("::").at(-1) ?? metadata.urn] = step;
		}
		if (diagnosticEvent !== undefined) {
			said.push(diagnosticEvent.message);
			if (diagnosticEvent.severity === "error") errors.push(diagnosticEvent.message);
		}
		if (policyEvent?.enforcementLevel === "mandatory") errors.push(policyEvent.message);
	};
	try {
		await operation(onEvent);
	} catch (error) {
		// The engine's own words tell more; without any, it did not get as far as to a resource.
		if (errors.length === 0) throw error;
	}
	return { steps, errors, said: said.join("") };
}

/** A replacement is three steps of the engine: create-replacement, replace, delete-replaced. */
function operationOf(op: string): Operation | undefined {
	if (/replace/.test(op)) return "replace";
	return op === "same" || op === "refresh" || op === "read" ? undefined : (op as Operation);
}
