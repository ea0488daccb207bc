/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { execa } from "execa";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cpythonSeries } from "../../stacks/cpython.ts";
import { debianReleases } from "../../stacks/debian.ts";
import { stackNames } from "../../stacks/stack-repositories.ts";
import { lastDay } from "../../stacks/support.ts";
import { launchBrowser } from "./browser.ts";
import { Checkout } from "./checkout.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";

/*
 * npm run status in a checkout: its table says what the daemon and the registries say, and its page
 * is looked at in Chromium.
 */

/** The stacks of the repository that the checkout keeps: each takes a second or two. */
const KEPT = ["jessie", "trixie"];
const DAY = 24 * 60 * 60 * 1000;

let checkout: Checkout;
let registry: TestRegistry;
let noCredentials: string;
/** The table that the page must agree with. */
let table = "";

beforeAll(async () => {
	checkout = new Checkout({ hasStacks: true });
	registry = await startRegistry();
	noCredentials = mkdtempSync(join(tmpdir(), "docker-config-"));
	for (const stack of stackNames()) {
		if (!KEPT.includes(stack)) rmSync(join(checkout.folder, `Pulumi.${stack}.yaml`));
	}
	checkout.write("Pulumi.broken.yaml", "config: [");
	checkout.write(
		"Pulumi.private.yaml",
		`config: { release: bookworm, pythonVersion: "3.13.5", registry: ${registry.host}/team }`,
	);
});
afterAll(() => {
	checkout?.remove();
	registry?.stop();
	rmSync(noCredentials, { recursive: true });
});

async function status(...args: string[]) {
	return execa("node", ["commands/status/main.ts", ...args], {
		cwd: checkout.folder,
		env: { DOCKER_CONFIG: noCredentials },
		reject: false,
	});
}

/** The lines of a stack: its row, and what the next up would do. */
function linesOf(output: string, stack: string): { row: string; next: string } {
	const lines = output.split("\n");
	const row = lines.find((line) => line.startsWith(`${stack} `)) ?? "";
	const first = lines.findIndex((line) => line.startsWith(`  ${stack} `));
	const after = lines.findIndex((line, index) => index > first && /^ {2}\S/.test(line));
	return { row, next: lines.slice(first, after < 0 ? undefined : after).join("\n") };
}

describe("the table", () => {
	it("says what is not built, what is, and which stacks cannot be asked and why", async () => {
		const { images, package: deb } = await checkout.build(["--preview"]);
		const before = await status();
		expect(before.exitCode).toBe(0);
		for (const stack of KEPT) expect(linesOf(before.stdout, stack).row).toMatch(/compile$/);
		const own = linesOf(before.stdout, checkout.stack);
		expect(own.row).toMatch(/ bookworm .* 3\.13\.5-1 .* compile$/);
		expect(own.next).toContain("package, python, wheelbuild: build: there is none yet");
		expect(own.next).toContain("CPython will be compiled: about 2 minutes");
		expect(linesOf(before.stdout, "broken").row).toMatch(/^broken +(- +){8}unknown$/);
		expect(linesOf(before.stdout, "broken").next).toContain("Pulumi.broken.yaml cannot be read");
		expect(linesOf(before.stdout, "private").row).toMatch(/ bookworm .* unknown$/);
		expect(linesOf(before.stdout, "private").next).toContain(`docker login ${registry.host}`);

		// An image of that name is all that it looks for.
		emptyImage(`${checkout.repository}:package-${deb.key}`);
		emptyImage(images.debbase.name);
		table = (await status()).stdout;
		const after = linesOf(table, checkout.stack);
		expect(after.row).toMatch(/ build$/);
		expect(after.next).toContain("debbase, package: reused");
		expect(after.next).toContain("nothing will be compiled");
	}, 180_000);

	it("refuses a bad option, and a file that cannot be written, before it asks anything", async () => {
		for (const [args, message] of [
			[["--htm"], /^error: Unknown option '--htm'.*; see npm run status -- --help$/],
			[["--html", "no/such/page.html"], /^error: --html "no\/such\/page.html" cannot be written: /],
		] as const) {
			const { exitCode, stdout, stderr } = await status(...args);
			expect([exitCode, stdout]).toEqual([1, ""]);
			expect(stderr).toMatch(message);
		}
	});

	function emptyImage(name: string): void {
		execFileSync("sh", [
			"-c",
			'tar --create --files-from=/dev/null | docker import - "$1"',
			"sh",
			name,
		]);
	}
});

describe("the page", () => {
	let browser: Browser;
	let url: string;

	beforeAll(async () => {
		const { exitCode, stderr } = await status("--html", "status.html");
		expect([exitCode, stderr]).toEqual([0, ""]);
		table ||= (await status()).stdout;
		url = pathToFileURL(join(checkout.folder, "status.html")).href;
		browser = await launchBrowser();
	});
	afterAll(() => browser?.close());

	/** Open the page; what it asks for beside itself, and what it complains of, is kept. */
	async function open(width: number, colorScheme: "light" | "dark" = "light") {
		const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
		onTestFinished(() => page.close());
		const requests: string[] = [];
		const complaints: string[] = [];
		page.on("request", (request) => requests.push(request.url()));
		page.on("console", (message) => complaints.push(message.text()));
		page.on("pageerror", (error) => complaints.push(error.message));
		await page.goto(url);
		return { page, requests, complaints };
	}

	describe.each([360, 1280])("%i pixels wide", (width) => {
		it.each(["light", "dark"] as const)("is whole and readable, %s", async (scheme) => {
			const { page, requests, complaints } = await open(width, scheme);
			expect([requests, complaints]).toEqual([[url], []]);
			const sizes = await page.evaluate(() => [
				document.documentElement.scrollWidth,
				document.documentElement.clientWidth,
			]);
			expect(sizes).toEqual([width, width]);
			const { violations, passes } = await accessibility(page);
			expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
			// These have something to judge.
			expect(passes.map(({ id }) => id)).toEqual(
				expect.arrayContaining(["color-contrast", "svg-img-alt", "th-has-data-cells"]),
			);
			for (const { text, ink, paper, edge } of await pictureColours(page)) {
				expect(contrast(ink, paper), text).toBeGreaterThanOrEqual(4.5);
				if (edge) expect(contrast(edge, await background(page)), text).toBeGreaterThanOrEqual(3);
			}
			const [red = 0] = rgb(await background(page));
			expect(red > 128).toBe(scheme === "light");
		});
	});

	it("says the same as the table, of each stack", async () => {
		const { page } = await open(1280);
		const cells = await page
			.locator("tbody tr")
			.evaluateAll((rows) =>
				rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)),
			);
		expect(cells.map(([stack]) => stack)).toEqual(
			[...KEPT, "broken", "private", checkout.stack].sort(),
		);
		for (const [stack = "", ...texts] of cells) {
			const { row } = linesOf(table, stack);
			const words = texts.map((text) => text.split("\n")[0]?.replace("unknown", "-"));
			const marks = texts.map((text) => (/ended|expired/.test(text) ? " x" : ""));
			for (const [index, word] of words.slice(0, -1).entries())
				expect(row).toContain(`${word}${marks[index]}`);
			expect(row.endsWith(` ${texts.at(-1)}`)).toBe(true);
		}
	});

	it("has a bar for each support, from its first day to its last", async () => {
		const { page } = await open(1280);
		const x = yearScale(await boxes(page, "line.year", "year"));
		const rows = await page.locator("g[data-row]").evaluateAll((groups) =>
			groups.map((group) => ({
				name: group.getAttribute("data-row") ?? "",
				top: (group as SVGGElement).getBBox().y,
				bars: [...group.querySelectorAll("rect")].map((bar) => {
					const { x, width } = bar.getBBox();
					return { support: bar.getAttribute("class"), left: x, right: x + width };
				}),
				keys: [...group.querySelectorAll<SVGPathElement>("path.key")].map((path) => {
					const { x, width } = path.getBBox();
					return x + width / 2;
				}),
			})),
		);
		const names = rows.map(({ name }) => name);
		const releases = ["jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"] as const;
		expect(names.slice(0, releases.length)).toEqual(releases);
		expect(names.slice(releases.length)).toEqual(
			expect.arrayContaining(["CPython 3.6", "CPython 3.13", "CPython 3.14"]),
		);
		expect(rows.map(({ top }) => top)).toEqual(rows.map(({ top }) => top).sort((a, b) => a - b));
		for (const { name, bars, keys } of rows) {
			const expected = expectedRow(name);
			expect(bars.map(({ support }) => support)).toEqual(expected.supports);
			for (const [index, { left, right }] of bars.entries()) {
				expect(left).toBeCloseTo(x(expected.days[index] ?? 0), 1);
				expect(right).toBeCloseTo(x(expected.days[index + 1] ?? 0), 1);
			}
			expect(keys).toHaveLength(expected.key === undefined ? 0 : 1);
			if (expected.key !== undefined) expect(keys[0]).toBeCloseTo(x(expected.key), 1);
		}
		const [today] = await boxes(page, "line.today", "day");
		const day = new Date().toISOString().slice(0, 10);
		expect(today?.value).toBe(day);
		expect(today?.x).toBeCloseTo(x(Date.parse(day)), 1);
	});

	it("has the words of a bar inside the bar", async () => {
		const { page } = await open(1280);
		for (const { text, overhang } of await pictureColours(page))
			expect(overhang, text).toBeLessThanOrEqual(0);
	});

	it("on a phone scrolls in boxes that a keyboard reaches, and shows today first", async () => {
		const { page } = await open(360);
		for (const label of ["Table of the stacks", "Timeline of support periods"]) {
			await page.keyboard.press("Tab");
			const region = page.getByRole("region", { name: label });
			expect(await region.evaluate((box) => box === document.activeElement)).toBe(true);
			expect(await region.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
		}
		const line = await page.locator("line.today").boundingBox();
		expect(line?.x).toBeGreaterThan(0);
		expect(line?.x).toBeLessThan(360);
	});
});

/** Axe's rules of WCAG 2.2 AA and its best practices. It does not look at colours in an SVG. */
async function accessibility(page: Page): Promise<axe.AxeResults> {
	await page.evaluate(axe.source);
	return page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
}

/** The texts of the picture, their colour and that behind them; of a bar's also its edge. */
function pictureColours(page: Page) {
	return page.locator("svg text").evaluateAll((texts) =>
		texts.map((element) => {
			const bar = element.matches(".support") ? element.previousElementSibling : null;
			const right = (shape: Element) => {
				const { x, width } = (shape as SVGGraphicsElement).getBBox();
				return x + width;
			};
			return {
				text: element.textContent ?? "",
				ink: getComputedStyle(element).fill,
				paper: bar ? getComputedStyle(bar).fill : getComputedStyle(document.body).backgroundColor,
				edge: bar ? getComputedStyle(bar).stroke : undefined,
				overhang: bar ? right(element) - right(bar) : 0,
			};
		}),
	);
}

function background(page: Page): Promise<string> {
	return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

/** Contrast ratio of two colours such as `rgb(1, 2, 3)` (WCAG 2.2, "contrast ratio"). */
function contrast(one: string, other: string): number {
	const [lighter = 0, darker = 0] = [one, other].map(luminance).sort((a, b) => b - a);
	return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
	const [red = 0, green = 0, blue = 0] = rgb(colour).map((value) => {
		const part = value / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function rgb(colour: string): number[] {
	const match = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
	if (match === null) throw new Error(`not an opaque colour: ${colour}`);
	return match.slice(1).map(Number);
}

function boxes(page: Page, selector: string, attribute: string) {
	return page.locator(selector).evaluateAll(
		(lines, name) =>
			lines.map((line) => ({
				value: (line as SVGElement).dataset[name] ?? "",
				x: (line as SVGGraphicsElement).getBBox().x,
			})),
		attribute,
	);
}

/** Where a time is, between the lines of its year and of the next. */
function yearScale(lines: readonly { value: string; x: number }[]): (time: number) => number {
	const places = new Map(lines.map(({ value, x }) => [Number(value), x]));
	return (time) => {
		const year = new Date(time).getUTCFullYear();
		const [from, to] = [Date.UTC(year), Date.UTC(year + 1)];
		const [left, right] = [places.get(year), places.get(year + 1)];
		if (left === undefined || right === undefined) throw new Error(`no lines around ${year}`);
		return left + ((right - left) * (time - from)) / (to - from);
	};
}

/** What the catalogs say of a row: its supports, the days on which they begin and the last is over. */
function expectedRow(name: string): { supports: string[]; days: number[]; key?: number } {
	const after = (day: string) => Date.parse(day) + DAY;
	const debian = Object.values(debianReleases).find(({ codename }) => codename === name);
	if (debian !== undefined) {
		const { released, securityEnd, ltsEnd, eltsEnd, keyExpiry } = debian;
		return {
			supports: ["security", "LTS", "ELTS"],
			days: [Date.parse(released), after(securityEnd), after(ltsEnd), after(eltsEnd)],
			key: Date.parse(keyExpiry),
		};
	}
	const series = cpythonSeries.find((entry) => name === `CPython ${entry.series}`);
	if (series === undefined) throw new Error(`neither Debian nor CPython: ${name}`);
	const { released, bugfixEnd, endOfLife } = series;
	return {
		supports: ["bugfix", "security"],
		days: [Date.parse(released), after(bugfixEnd), after(lastDay(endOfLife))],
	};
}
