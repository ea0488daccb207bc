import * as pulumi from "@pulumi/pulumi";
import { knownSide, type Side } from "../stacks/rotation.ts";

/** Of the outputs of infra/index.ts: what tells a side. */
interface FormerOutputs {
	readonly debian?: { readonly codename?: string };
	readonly cpython?: { readonly version?: string };
	readonly package?: { readonly architecture?: string };
}

/**
 * What the stack was when it was last deployed, by its outputs then; undefined where it never was, or
 * nobody can tell. The invoke is what StackReference itself reads with, but makes no resource
 * (pulumi/pulumi, pkg/resource/deploy/builtins.go): a preview's events have a default provider for it,
 * which neither Pulumi's summary nor the state has.
 */
export async function deployedSide(): Promise<Side | undefined> {
	const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
	try {
		const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {
			name,
		})) as { outputs: FormerOutputs };
		const { debian, cpython, package: deb } = outputs;
		return knownSide(debian?.codename, cpython?.version, deb?.architecture);
	} catch {
		// A preview without the comparison is still one.
		return undefined;
	}
}
