import * as pulumi from "@pulumi/pulumi";
import { config } from "../stacks/config.ts";

/** The stack tag of a stack that is in production. */
const PRODUCTION = { tag: "environment", value: "production" } as const;

/**
 * Whether a stack is tagged production: by `pulumi stack tag set environment production`, or by the
 * config `pulumi:tags` of its stack file, of which Pulumi makes tags where the backend has them.
 *
 * @param stackTags as the engine tells them.
 */
export function isProduction(stackTags: ReadonlyMap<string, string>): boolean {
	const configured = new pulumi.Config("pulumi").getObject<Record<string, string>>("tags");
	const value = configured?.[PRODUCTION.tag] ?? stackTags.get(PRODUCTION.tag);
	return value === PRODUCTION.value;
}

/** The config `signing` of the stack; undefined where nobody signs. */
export function signing(): string | undefined {
	const value = new pulumi.Config("debian-python").get("signing");
	return value === config.signing.default ? undefined : value;
}

/** The stack of a resource: `urn:pulumi:<stack>::<project>::<types>::<name>`. */
export function stackOf(urn: string): string {
	return urn.split("::")[0]?.split(":").at(-1) ?? urn;
}
