import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");
const docs = readdirSync(join(root, "docs"))
	.filter((file) => file.endsWith(".md"))
	.map((file) => `docs/${file}`);
const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...docs];
const text = (page: string) => readFileSync(join(root, page), "utf8");
/** Of a page, without the blocks of code: what looks like a heading or a link there is none. */
const prose = (page: string) => text(page).replace(/^ *```.*?^ *```$/gms, "");

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): string[] {
	const seen = new Map<string, number>();
	return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
		const title = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
		const anchor = title.replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
		const before = seen.get(anchor) ?? 0;
		seen.set(anchor, before + 1);
		return before === 0 ? anchor : `${anchor}-${before}`;
	});
}

/** The links of a page to other files and to anchors: with the target as a path from the root. */
function links(page: string) {
	return [...prose(page).matchAll(/\]\(([^()\s]+)\)/g)]
		.map(([, link = ""]) => link)
		.filter((link) => !/^[a-z]+:/.test(link))
		.map((link) => {
			const [path = "", anchor] = link.split("#");
			const file = path === "" ? page : relative(root, join(root, dirname(page), path));
			return { link, file, anchor };
		});
}

/** What is wrong with the links of a page. */
function broken(page: string): string[] {
	return links(page)
		.filter(({ file, anchor }) => {
			if (file.startsWith("..") || !existsSync(join(root, file))) return true;
			return anchor !== undefined && !(file.endsWith(".md") && anchors(file).includes(anchor));
		})
		.map(({ link }) => link);
}

describe("the documentation", () => {
	it.each(pages)("%s links to what there is", (page) => {
		expect(broken(page)).toEqual([]);
	});

	it("has links that this test reads, and no other kind", () => {
		expect(links("README.md").length).toBeGreaterThan(docs.length);
		for (const page of pages) expect(prose(page), page).not.toMatch(/^\[[^\]]+\]: |<a |<img /m);
	});

	it("has each page of docs/ in the README, which has at most 200 lines", () => {
		const linked = links("README.md").map(({ file }) => file);
		expect(docs.filter((page) => !linked.includes(page))).toEqual([]);
		expect(text("README.md").split("\n").length - 1).toBeLessThanOrEqual(200);
	});

	it("names files of the project that are there, where it says what an attack meets", () => {
		const named = [...text("docs/security.md").matchAll(/`((?:components|stacks|tests)\/[^`]+)`/g)];
		expect(named.length).toBeGreaterThan(10);
		for (const [, path = ""] of named) expect(existsSync(join(root, path)), path).toBe(true);
	});

	it("has each command in the README, and none that is not there", () => {
		// `check` runs lint, and CONTRIBUTING.md has format. NAME stands for any.
		const scripts = Object.keys(packageJson.scripts).filter(
			(name) => !/^(lint|format)$/.test(name),
		);
		const commands = /npm (?:run (?:-s )?)?(start|test|(?<=run (?:-s )?)[a-z:-]+)/g;
		const named = (page: string) => [...text(page).matchAll(commands)].map(([, name]) => name);
		expect([...new Set(named("README.md"))].sort()).toEqual(scripts.sort());
		for (const page of pages)
			expect([...scripts, "format"], page).toEqual(expect.arrayContaining(named(page)));
	});
});
