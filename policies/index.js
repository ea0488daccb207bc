/*
 * Pulumi runs a policy pack under ts-node, whatever PulumiPolicy.yaml says (@pulumi/pulumi,
 * cmd/run-policy-pack), and ts-node takes no TypeScript for an ES module. Of this file, which is
 * JavaScript, Node itself loads the imports, and strips their types.
 */
import "./pack.ts";
