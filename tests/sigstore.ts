import { createHash, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { bundleToJSON } from "@sigstore/bundle";
import {
	fulcioHandler,
	initializeCA,
	initializeCTLog,
	initializeTLog,
	rekorHandler,
} from "@sigstore/mock";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import {
	type BundleBuilder,
	DSSEBundleBuilder,
	FulcioSigner,
	MessageSignatureBundleBuilder,
	RekorWitness,
} from "@sigstore/sign";

/*
 * An instance of sigstore of one's own: a certificate authority and logs, by the sigstore project's
 * mock of them, on a port of this machine. What it signs is what the real one would.
 */

/** Who signs, as an OpenID Connect provider would say it. */
export interface Person {
	readonly identity: string;
	readonly issuer: string;
}

export class Sigstore {
	readonly trustedRoot: TrustedRoot;
	readonly #server: Server;

	private constructor(server: Server, trustedRoot: TrustedRoot) {
		this.#server = server;
		this.trustedRoot = trustedRoot;
	}

	/** Start one with new keys. */
	static async start(): Promise<Sigstore> {
		const keys = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
		const ctlog = await initializeCTLog(keys);
		const ca = await initializeCA(keys, ctlog);
		const tlog = await initializeTLog("http://127.0.0.1", keys);
		const handlers = [fulcioHandler(ca), rekorHandler(tlog)];
		const answer = async (request: IncomingMessage, response: ServerResponse) => {
			const handler = handlers.find(({ path }) => path === request.url);
			const answered = await handler?.fn(canonical(await text(request)));
			response.writeHead(answered?.statusCode ?? 404, { "Content-Type": "application/json" });
			response.end(answered?.response);
		};
		const server = createServer((request, response) => void answer(request, response));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return new Sigstore(
			server,
			toTrustedRoot(ca.rootCertificate, ctlog.logID, ctlog.publicKey, tlog.publicKey),
		);
	}

	/** A bundle with the signature of a file. */
	async sign(data: Buffer, signer: Person): Promise<Buffer> {
		return this.#create(new MessageSignatureBundleBuilder(this.#options(signer)), { data });
	}

	/** A bundle with an attestation: something signed that is no file's signature. */
	async attest(data: Buffer, signer: Person): Promise<Buffer> {
		const builder = new DSSEBundleBuilder(this.#options(signer));
		return this.#create(builder, { data, type: "text/plain" });
	}

	stop(): void {
		this.#server.close();
	}

	async #create(
		builder: BundleBuilder,
		artifact: { data: Buffer; type?: string },
	): Promise<Buffer> {
		return Buffer.from(JSON.stringify(bundleToJSON(await builder.create(artifact))));
	}

	/** Of its authority and its log. */
	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** The OpenID token of somebody. */
	token({ identity, issuer }: Person): string {
		const claims = { sub: identity, iss: issuer, aud: "sigstore" };
		const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
		return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
	}

	#options(person: Person) {
		const { url } = this;
		const identityProvider = { getToken: async () => this.token(person) };
		return {
			signer: new FulcioSigner({ fulcioBaseURL: url, identityProvider }),
			witnesses: [new RekorWitness({ rekorBaseURL: url })],
		};
	}
}

/** What a log makes of an entry that is proposed for an envelope (Rekor, types/dsse/v0.0.1), which the mock leaves out. */
function canonical(body: string): string {
	const entry = JSON.parse(body) as ProposedEntry;
	if (entry.kind !== "dsse") return body;
	const { envelope, verifiers } = entry.spec.proposedContent;
	const { payload, signatures } = JSON.parse(envelope) as Envelope;
	const hash = (data: Buffer | string) => ({
		algorithm: "sha256",
		value: createHash("sha256").update(data).digest("hex"),
	});
	const spec = {
		envelopeHash: hash(envelope),
		payloadHash: hash(Buffer.from(payload, "base64")),
		signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: verifiers[0] })),
	};
	return JSON.stringify({ ...entry, spec });
}

interface ProposedEntry {
	readonly kind?: string;
	readonly spec: { readonly proposedContent: { envelope: string; verifiers: string[] } };
}

interface Envelope {
	readonly payload: string;
	readonly signatures: readonly { readonly sig: string }[];
}

function toTrustedRoot(
	certificate: ArrayBufferView,
	ctlogId: ArrayBufferView,
	ctlogKey: ArrayBufferView,
	tlogKey: Buffer,
): TrustedRoot {
	return TrustedRoot.fromJSON({
		mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		certificateAuthorities: [
			{
				subject: { commonName: "sigstore", organization: "sigstore.mock" },
				uri: "http://127.0.0.1",
				certChain: { certificates: [{ rawBytes: base64(certificate) }] },
				validFor: { start: "2000-01-01T00:00:00Z" },
			},
		],
		ctlogs: [log(ctlogKey, base64(ctlogId))],
		tlogs: [log(tlogKey, createHash("sha256").update(tlogKey).digest("base64"))],
	});
}

function log(key: ArrayBufferView, keyId: string) {
	return {
		baseUrl: "http://127.0.0.1",
		hashAlgorithm: "SHA2_256",
		publicKey: {
			rawBytes: base64(key),
			keyDetails: "PKIX_ECDSA_P256_SHA_256",
			validFor: { start: "2000-01-01T00:00:00Z" },
		},
		logId: { keyId },
	};
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
	return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
