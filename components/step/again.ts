import * as pulumi from "@pulumi/pulumi";

/**
 * Have the engine make again what its state calls made, and which is lost: an input gets the moment at
 * which that was seen. In all other runs it stays what it is in the state, so that nothing shows once
 * all is there, also after an up that failed half-way.
 *
 * @param isLost whether what the resource made is lost.
 * @param path of the input, which a provider acts on when it changes.
 * @returns the input's value, or undefined for none, and the resource's options with what is needed.
 */
export function makeAgain<Options extends pulumi.CustomResourceOptions>(
	isLost: boolean,
	path: string,
	opts: Options,
): { moment: string | undefined; opts: Options } {
	if (isLost) return { moment: new Date().toISOString(), opts };
	const kept = pulumi.mergeOptions(opts, { ignoreChanges: [path] }) as Options;
	return { moment: undefined, opts: kept };
}
