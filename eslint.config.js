// Biome lints; ESLint has only the rules that need types and that Biome lacks.
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

export default [
	{
		files: ["**/*.ts"],
		languageOptions: {
			parser: tseslint.parser,
			parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
		},
		plugins: { "@pulumi": pulumi, "@typescript-eslint": tseslint.plugin },
		rules: {
			"@pulumi/no-output-in-template-literal": "error",
			"@pulumi/no-output-instance-in-template-literal": "error",
			// An awaited-for assertion that nobody awaits cannot fail its test.
			"@typescript-eslint/no-floating-promises": "error",
			"@typescript-eslint/no-misused-promises": "error",
		},
	},
	{ ignores: ["node_modules/", "packages/"] },
];
