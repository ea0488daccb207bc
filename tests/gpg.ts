import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as openpgp from "openpgp";
import type { ReleaseManager } from "../stacks/cpython.ts";

/** A release manager with a new GPG key. */
export interface Signer {
	readonly manager: ReleaseManager & { readonly gpg: string };
	/** The public key, ASCII-armored. */
	readonly publicKey: string;
	/** The same key, when it says that it expires `seconds` after it was made. */
	expiringAfter(seconds: number): Promise<string>;
	/** An ASCII-armored detached signature, made at `date`. */
	sign(data: Buffer, date?: Date): Promise<Buffer>;
}

/** Make a key; `date`: when. */
export async function newSigner(name: string, date = new Date()): Promise<Signer> {
	const options = { userIDs: { name }, format: "object", date } as const;
	const { privateKey, publicKey } = await openpgp.generateKey(options);
	return {
		manager: { name, gpg: publicKey.getFingerprint().toUpperCase() },
		publicKey: publicKey.armor(),
		async expiringAfter(keyExpirationTime) {
			const reissued = await openpgp.reformatKey({ ...options, privateKey, keyExpirationTime });
			return reissued.publicKey.armor();
		},
		async sign(data, date = new Date()) {
			const message = await openpgp.createMessage({ binary: data, format: "binary" });
			const signature = await openpgp.sign({
				message,
				signingKeys: privateKey,
				detached: true,
				format: "armored",
				date,
			});
			return Buffer.from(signature);
		},
	};
}

/** Put a signer's key where the catalog's are looked for. */
export function vendorKey(folder: string, { manager, publicKey }: Signer): void {
	writeFileSync(join(folder, `${manager.gpg}.asc`), publicKey);
}
