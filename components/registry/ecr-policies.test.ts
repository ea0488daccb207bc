import { describe, expect, it } from "vitest";
import { appLifecyclePolicy, lifecyclePolicy, movingTags, pullPolicy } from "./ecr-policies.ts";

const KEY = "0123456789ab";
const PUBLISHED = [
	`python-3.13.5-r1-${KEY}`,
	`wheelbuild-3.13.5-r1-${KEY}`,
	`wheelbuild-3.13.5rc1-r10-${KEY}`,
	`wheel-psycopg2-2.9.10-${KEY}`,
	// Names of distributions and of apps are anybody's.
	...["base", "my-debbase", "pybuild", "flask-builder", "b"].flatMap((name) =>
		[`wheel-${name}-1.0`, `wheelhouse-${name}`, `dependencies-${name}`].map(
			(tag) => `${tag}-${KEY}`,
		),
	),
];
const CACHES = ["base", "debbase", "pybuild", "builder"].map((artefact) => `${artefact}-${KEY}`);

interface Rule {
	readonly rulePriority: number;
	readonly selection: { readonly tagPrefixList?: readonly string[] };
}

describe("the lifecycle policy", () => {
	const rules = lifecyclePolicy().rules as Rule[];

	it("has what Amazon ECR asks of rules: priorities of their own, in order", () => {
		expect(rules.map(({ rulePriority }) => rulePriority)).toEqual(rules.map((_, at) => at + 1));
		for (const rule of rules) expect(rule).toMatchObject({ action: { type: "expire" } });
	});

	it("has one rule for each cache and the package, and none for a published image", () => {
		const prefixes = rules.flatMap(({ selection }) => selection.tagPrefixList ?? []);
		const rulesOf = (tag: string) => prefixes.filter((prefix) => tag.startsWith(prefix));
		for (const tag of [...CACHES, `package-${KEY}`]) expect(rulesOf(tag)).toHaveLength(1);
		for (const tag of [...PUBLISHED, `buildwheel-${KEY}`, "python-3.13.5", "python-3.13"])
			expect(rulesOf(tag)).toEqual([]);
	});

	it("expires what has no tag", () => {
		expect(rules.at(-1)).toMatchObject({
			selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days" },
		});
	});
});

it("of an app's own repository, nothing that has a tag expires", () => {
	const rules = appLifecyclePolicy().rules as Rule[];
	expect(rules).toHaveLength(1);
	expect(rules[0]).toMatchObject({
		rulePriority: 1,
		selection: { tagStatus: "untagged" },
		action: { type: "expire" },
	});
});

describe("the filters of moving tags", () => {
	const filters = movingTags("3.13.5", "3.13");
	const moves = (tag: string) =>
		filters.some((filter) =>
			new RegExp(`^${filter.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(tag),
		);

	it("are as Amazon ECR takes them", () => {
		expect(filters.length).toBeLessThanOrEqual(5);
		for (const filter of filters) {
			expect(filter).toMatch(/^[0-9a-zA-Z._*-]{1,128}$/);
			expect(filter.split("*").length).toBeLessThanOrEqual(3);
		}
	});

	it.each([...CACHES, `buildwheel-${KEY}`, "python-3.13.5", "python-3.13"])(
		"let %s move",
		(tag) => {
			expect(moves(tag)).toBe(true);
		},
	);

	it.each([...PUBLISHED, ...["package", "compiled", "profile"].map((tag) => `${tag}-${KEY}`)])(
		"never let %s move",
		(tag) => {
			expect(moves(tag)).toBe(false);
		},
	);
});

describe("the pull policy", () => {
	const [statement] = pullPolicy(["210987654321", "345678901234"]).Statement as object[];

	it("names the accounts alone: an ARN would differ between AWS's partitions", () => {
		expect(statement).toMatchObject({
			Effect: "Allow",
			Principal: { AWS: ["210987654321", "345678901234"] },
		});
	});

	it("allows to pull, and nothing else", () => {
		expect(statement).toHaveProperty("Action", [
			"ecr:BatchCheckLayerAvailability",
			"ecr:BatchGetImage",
			"ecr:GetDownloadUrlForLayer",
		]);
	});
});
