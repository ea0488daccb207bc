import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { registryHost } from "../../components/image-name.ts";
import { keyHint } from "../../components/signing/signer.ts";
import { packagedRoot } from "../../components/signing/trust-root.ts";
import type { Trust } from "../../components/signing/verify.ts";
import { StepError } from "../../components/step/error.ts";
import { commandLine, runCommand } from "../../local/command-line.ts";
import { section } from "../../local/text.ts";
import { type VerifiedImage, verifyImage } from "./verify.ts";

/** The options, by the names that cosign gives them. */
interface Options {
	readonly key?: string | undefined;
	readonly certificateIdentity?: string | undefined;
	readonly certificateOidcIssuer?: string | undefined;
}

const command = commandLine(
	"npm run verify",
	"Say who signed an image, from what commit, and what went into it, or refuse it.",
)
	.usage("-- IMAGE [options]")
	.argument("<image>", "name of the image, with its registry and a tag or a digest")
	.option("--key <file>", "PEM file with the public key of who may sign")
	.option("--certificate-identity <identity>", "whom the certificate must name, without --key")
	.option("--certificate-oidc-issuer <address>", "the OpenID provider that must say so")
	.action(async (image, options) => {
		if (registryHost(image) === undefined)
			throw new StepError(`${image} has no registry`, "write its whole name, HOST/NAME:TAG");
		const trust = trustOf(options);
		const verified = await verifyImage(image, trust);
		// One that is refused refuses the index: nobody knows which of them an engine takes.
		const each = await Promise.all(
			verified.images.map(async (own) => lines(own, trust, await verifyImage(own, trust))),
		);
		process.stdout.write(`${[lines(image, trust, verified), ...each].flat().join("\n")}\n`);
	});

await runCommand(command);

function trustOf({
	key,
	certificateIdentity: identity,
	certificateOidcIssuer: issuer,
}: Options): Trust {
	if (key !== undefined) return { kind: "key", publicKey: readKey(key) };
	if (identity !== undefined && issuer !== undefined)
		// Without network: by the keys that came with the npm package, pinned by package-lock.json.
		return { kind: "certificate", identity, issuer, root: packagedRoot() };
	throw new StepError(
		"nobody is trusted",
		"give --key, or --certificate-identity and --certificate-oidc-issuer",
	);
}

function readKey(file: string) {
	try {
		return createPublicKey(readFileSync(file));
	} catch (error) {
		throw new StepError(
			`--key ${file}: ${(error as Error).message}`,
			"give a PEM file with a public key: openssl pkey -in KEY -pubout",
		);
	}
}

function lines(image: string, trust: Trust, verified: VerifiedImage): string[] {
	const { digest, commit, madeFrom = ["no provenance is signed"], components, images } = verified;
	const by =
		trust.kind === "key"
			? `the key ${keyHint(trust.publicKey)}`
			: `${trust.identity}, says ${trust.issuer}`;
	const signed: [string, string][] = [
		["digest", digest],
		["signed by", by],
	];
	if (images.length > 0) return section(image, [...signed, ["has", `${images.length} images`]]);
	return section(image, [
		...signed,
		["commit", commit ? `${commit.gitCommit} ${commit.uri}`.trim() : "none is signed"],
		["has", components === undefined ? "no SBOM is signed" : counted(components)],
		...madeFrom.map((each, index) => [index === 0 ? "made from" : "", each]),
	]);
}

/** How many components are of each kind: `84 deb, 12 pypi`. */
function counted(purls: readonly string[]): string {
	const kinds = Map.groupBy(purls, (purl) => /^pkg:([\w.+-]+)\//.exec(purl)?.[1] ?? "other");
	return [...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(", ");
}
