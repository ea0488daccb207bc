import type { Problem } from "./problem.ts";
import type { CommandInputs } from "./step-inputs.ts";

/** Words in a name whose value is a secret. */
const SECRETS =
	/(^| )(passwords?|passwd|passphrase|tokens?|secrets?|credentials?|api ?key|private key|access key)( |$)/;

/** Last words of a name whose value says where a secret is, or which. */
const ABOUT = / (file|path|folder|name|id|url|arn)$/;

/** Values that are secrets whatever they are called. */
const VALUES: readonly (readonly [what: string, pattern: RegExp])[] = [
	["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
	// Long-lived ones, and those of a session (IAM user guide, "IAM identifiers: Unique identifiers").
	["an AWS access key", /\b(AKIA|ASIA)[A-Z2-7]{16}\b/],
	// Of ssh://git@host a user is no secret; of https it may be a token.
	[
		"a URL with credentials",
		/\bhttps?:\/\/[^\s/?#"'\\@]+@|\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#"'\\@:]*:[^\s/?#"'\\@]+@/i,
	],
];

/**
 * Inputs of a command that look like secrets. They would be in the state, in previews and in the list of
 * the machine's processes.
 */
export function secretProblems(command: CommandInputs): Problem[] {
	const { create, update, delete: remove, stdin, environment = {} } = command;
	const inputs = Object.entries({ create, update, delete: remove, stdin, ...environment });
	return inputs.flatMap(([key, value]) => {
		const what = value === undefined || value === "" ? undefined : secretIn(key, value);
		if (what === undefined) return [];
		const reason = `has ${what}, which the state and every preview show`;
		return [{ key, reason, remedy: REMEDY }];
	});
}

const REMEDY =
	"remove it: a step reads credentials where their own tool keeps them, such as Docker's config.json or AWS's credential chain";

/** What in an input looks like a secret. */
function secretIn(key: string, value: string): string | undefined {
	if (isSecret(key)) return "a secret by its name";
	for (const [what, pattern] of VALUES) if (pattern.test(value)) return what;
	const name = namesIn(value).find(isSecret);
	return name && `a value for ${name}`;
}

/** Names that have a value in a text: NAME=value, as in a command line or an ENV, and "NAME": "value" of JSON. */
function namesIn(text: string): string[] {
	const assigned = text.matchAll(/\b([a-z][\w-]*)=(?![=\s]|$)/gi);
	// JSON may be in JSON, so a quote may have backslashes.
	const properties = text.matchAll(/"([a-z][\w-]*)\\*":\s*\\*"(?!\\*")/gi);
	return [...assigned, ...properties].map(([, name = ""]) => name);
}

/** Whether a name, such as DB_PASSWORD, api-key or accessToken, is one of a secret. */
function isSecret(name: string): boolean {
	const words = name
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replace(/[^A-Za-z0-9]+/g, " ")
		.toLowerCase();
	return SECRETS.test(words) && !ABOUT.test(words);
}
