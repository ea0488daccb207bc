/** How a name of a key in AWS KMS begins, as cosign has it. */
export const AWS_KMS = "awskms:///";
