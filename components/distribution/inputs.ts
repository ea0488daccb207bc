import { registryHost, tagOf } from "../image-name.ts";
import { type ImageConfig, imageLabel } from "../step/docker.ts";
import { INPUTS_LABEL, type Inputs } from "../step/why.ts";
import { readContent } from "./client.ts";

/** What of manifests and indexes leads to an image's config (OCI image specification). */
interface Manifest {
	readonly config?: { readonly digest: string };
	readonly manifests?: readonly {
		readonly digest: string;
		readonly platform?: { readonly os: string };
	}[];
}

/**
 * What an image's key was made of, by its label in the daemon, else in the registry. Nothing is pulled.
 *
 * @returns undefined where neither has the image, or nobody answers.
 */
export async function keyInputs(name: string): Promise<Inputs | undefined> {
	// What is read here only explains: that somebody does not answer is said elsewhere.
	const own = await imageLabel(name, INPUTS_LABEL).catch(() => undefined);
	const label = own ?? (await registryLabel(name).catch(() => undefined));
	return label === undefined ? undefined : (JSON.parse(label) as Inputs);
}

async function registryLabel(name: string): Promise<string | undefined> {
	return (await registryConfig(name))?.Labels?.[INPUTS_LABEL];
}

/**
 * What containers of an image start with, as its registry has it. Nothing is pulled.
 *
 * @returns undefined where there is no registry in its name, or no such image in that.
 * @throws StepError where the registry does not answer this machine.
 */
export async function registryConfig(name: string): Promise<ImageConfig | undefined> {
	if (registryHost(name) === undefined) return undefined;
	const read = async <T>(path: string): Promise<T | undefined> => {
		const content = await readContent(name, path);
		return content && (JSON.parse(content.toString()) as T);
	};
	const top = await read<Manifest>(`manifests/${tagOf(name)}`);
	// An attestation has no platform to run on.
	const own = top?.manifests?.find(({ platform }) => platform?.os !== "unknown");
	const manifest = own === undefined ? top : await read<Manifest>(`manifests/${own.digest}`);
	const config =
		manifest?.config && (await read<{ config?: ImageConfig }>(`blobs/${manifest.config.digest}`));
	return config?.config;
}
