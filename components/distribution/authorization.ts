import { StepError } from "../step/error.ts";
import { dockerCredentials } from "./credentials.ts";

/** What a token service answers (distribution specification, "Token Authentication"). */
export interface TokenAnswer {
	readonly token?: string;
	readonly access_token?: string;
}

/** Asks a token service, with an authorization header where there are credentials. */
type AskToken = (url: string, authorization?: string) => Promise<TokenAnswer | undefined>;

/**
 * Ask a registry, and where it wants that once more with this machine's Docker credentials, or with a
 * token, which for what is public anybody gets.
 *
 * @param host whose credentials are meant, as Docker names it.
 * @param send asks, with these headers beside its own.
 * @returns the answer: a 401 where there are no credentials, or no token for them.
 * @throws StepError where it is not said where tokens are; what `send` and `askToken` throw.
 */
export async function withAuthorization(
	host: string,
	send: (headers: Record<string, string>) => Promise<Response>,
	askToken: AskToken,
): Promise<Response> {
	const response = await send({});
	const challenge = response.headers.get("www-authenticate");
	if (response.status !== 401 || challenge === null) return response;
	const authorization = await answerChallenge(host, challenge, askToken);
	return authorization === undefined ? response : send({ authorization });
}

/** The authorization header that answers a registry's WWW-Authenticate. */
async function answerChallenge(
	host: string,
	challenge: string,
	askToken: AskToken,
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
