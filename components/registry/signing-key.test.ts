import { expect, it } from "vitest";
import { signerName, signingAlias } from "./signing-key.ts";

it("a stack's own key has the stack's name, as far as AWS KMS takes it", () => {
	const alias = signingAlias({ project: "debian-python", stack: "Bookworm.2" });
	expect(alias).toBe("alias/debian-python/bookworm-2");
});

it.each([
	["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "arn:aws:kms:eu-west-1:123456789012:alias/a"],
	[
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
		"arn:aws-cn:kms:cn-north-1:123456789012:alias/a",
	],
	[
		"123456789012.dkr.ecr.us-gov-west-1.amazonaws.com",
		"arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/a",
	],
	["registry.example.org:5000", "alias/a"],
])("with a registry %s it is %s", (host, key) => {
	expect(signerName("kms", "alias/a", host)).toBe(`awskms:///${key}`);
});

it("any other signer is as the config has it", () => {
	expect(signerName("keyless", "alias/a", "host")).toBe("keyless");
});
