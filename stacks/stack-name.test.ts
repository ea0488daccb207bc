import { expect, it } from "vitest";
import type { Registry } from "./config-values.ts";
import { appNameProblems, stackNameProblems } from "./stack-name.ts";

const other: Registry = { kind: "registry", address: "vm:5071", repository: "team/x" };

function reasons(stack: string, registry: Registry = { kind: "none" }, project = "debian-python") {
	return stackNameProblems({ project, stack }, registry).map(({ reason }) => reason);
}

it.each(["bookworm", "infra.dev", "Dev", "a_b", "a__b", "a--b", "1"])(
	"%s can be a stack",
	(stack) => expect(reasons(stack)).toEqual([]),
);

it.each(["a___b", "-a", "a-", "a.", ".a", "a..b", "_", "a._b", "x".repeat(300), ".."])(
	"%s cannot: its repository has no such name",
	(stack) => expect(reasons(stack)).toHaveLength(1),
);

it("says what is wrong, and what helps", () => {
	expect(stackNameProblems({ project: "debian-python", stack: "a___b" }, { kind: "none" })).toEqual(
		[
			{
				key: "stack",
				value: '"a___b"',
				reason: expect.stringContaining(
					'would name the repository "debian-python/a___b", which has a',
				),
				remedy: "name it with letters and digits, and single . _ or - between them",
			},
		],
	);
});

it("has Amazon ECR's own rules where the repository is there", () => {
	expect(reasons("a__b", { kind: "ecr" })).toEqual([expect.stringMatching(/Amazon ECR refuses/)]);
	expect(reasons("infra.dev", { kind: "ecr" })).toEqual([]);
});

it("is free where the config names the repository, but for a folder's name", () => {
	expect(reasons("a___b", other)).toEqual([]);
	expect(reasons("..", other)).toEqual(["is no name of a folder"]);
});

it("looks at the project's name too", () => {
	expect(reasons("dev", { kind: "none" }, "my.project")).toEqual([]);
	expect(reasons("dev", { kind: "none" }, "my___project")).toHaveLength(1);
});

it("leaves an app room for a repository of its own", () => {
	const app = { name: "n".repeat(60), folder: "../orders" };
	const problems = (repository: string) =>
		appNameProblems(
			{ project: "debian-python", stack: "dev" },
			{ kind: "registry", address: "vm:5071", repository },
			[app],
		);
	const room = 255 - "vm:5071//".length - 60;
	expect(problems("r".repeat(room))).toEqual([]);
	expect(problems("r".repeat(room + 1))).toEqual([
		{
			key: "../orders/pyproject.toml: project.name",
			value: `"${app.name}"`,
			reason: "makes the name of the app's repository longer than 255 characters",
			remedy: "write a shorter one, or give the stack's repository a shorter one",
		},
	]);
	for (const kind of ["none", "ecr"] as const) {
		const of = (stack: string) => appNameProblems({ project: "p", stack }, { kind }, [app]);
		expect(of("dev")).toEqual([]);
		expect(of("s".repeat(200))).toHaveLength(1);
	}
});
