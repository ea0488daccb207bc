import { StepError } from "../step/error.ts";
import { dockerCredentials } from "./credentials.ts";

/** What a token service answers (distribution specification, "Token Authentication"). */
export interface TokenAnswer {
	readonly token?: string;
	readonly access_token?: string;
}

/**
 * The authorization header that answers a registry's challenge: this machine's Docker credentials, or
 * a token, which for what is public anybody gets.
 *
 * @param host whose credentials are meant, as Docker names it.
 * @param challenge the registry's WWW-Authenticate header.
 * @param askToken asks a token service, with an authorization header where there are credentials.
 * @returns undefined where there are no credentials, or no token for them.
 * @throws StepError where the challenge does not say where tokens are; what `askToken` throws.
 */
export async function answerChallenge(
	host: string,
	challenge: string,
	askToken: (url: string, authorization?: string) => Promise<TokenAnswer | undefined>,
): Promise<string | undefined> {
	const basic = await basicAuthorization(host);
	if (!/^bearer/i.test(challenge)) return basic;
	const { realm, ...query } = Object.fromEntries(
		[...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
	) as Record<string, string>;
	if (realm === undefined) throw new StepError(`${host} does not say where its tokens are`);
	const answer = await askToken(`${realm}?${new URLSearchParams(query)}`, basic);
	return answer && `Bearer ${answer.token ?? answer.access_token}`;
}

async function basicAuthorization(host: string): Promise<string | undefined> {
	const known = await dockerCredentials(host);
	// An identity token of a helper is no password (docker login reference, "Credential helper protocol").
	if (known === undefined || known.username === "<token>") return undefined;
	return `Basic ${Buffer.from(`${known.username}:${known.password}`).toString("base64")}`;
}
