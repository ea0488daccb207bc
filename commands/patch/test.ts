import { findImage } from "../../components/distribution/daemon.ts";
import { imageOf } from "../../components/image.ts";
import { copyOut, holdImage } from "../../components/step/container.ts";
import { docker } from "../../components/step/docker.ts";
import { StepError } from "../../components/step/error.ts";
import type { Step } from "../../components/step/step.ts";
import { tarOf } from "../../components/step/tar.ts";
import { stackImages } from "../../infra/images.ts";
import { fileChanges } from "../../stacks/patches/changes.ts";
import { patchOf, patchSet } from "../../stacks/patches/patch-set.ts";
import { patchContainer } from "./container.ts";
import type { LoadedPatch, PatchPlace } from "./place.ts";

/** A patch among the others of its series. */
export interface Tested {
	readonly before: readonly LoadedPatch[];
	readonly tested: LoadedPatch;
	readonly after: readonly LoadedPatch[];
}

/** Where it is tested. */
interface TestPlace extends PatchPlace {
	/** Where the stack's images are named. */
	readonly repository: string;
	/** The image pybuild. */
	readonly image: string;
}

/** What came of a test: it was right, or why there was none. */
export type TestResult = "tested" | "no tests" | "no compile";

/**
 * Run a patch's own tests: without the rest of it they must fail, and pass with it. A patch of Python
 * alone needs any compile of this Python that is kept; another one needs one without it and one with it.
 *
 * @throws StepError where the tests do not do so, or no compile without the patch is kept.
 */
export async function testPatch(
	step: Step,
	place: TestPlace,
	patches: Tested,
): Promise<TestResult> {
	const { before, tested } = patches;
	const changes = fileChanges(tested.content.toString("latin1"));
	const modules = testModules(changes.map(({ file }) => file));
	if (modules.length === 0) return "no tests";
	const compiled = await findCompiled(step, place, patches);
	if (compiled === undefined) return "no compile";
	const container = await patchContainer(step, place, place.image, ["test", ...modules]);
	await container.give("patches", before);
	for (const [folder, isWanted] of [
		["tests", isTest],
		["rest", (file: string) => !isTest(file)],
	] as const) {
		const own = changes.filter(({ file }) => isWanted(file)).map(({ text }) => text);
		const content = Buffer.from(own.join(""), "latin1");
		await container.give(
			folder,
			own.length === 0 ? [] : [{ patch: patchOf("part", content), content }],
		);
	}
	for (const [folder, image] of Object.entries(compiled)) {
		const entry = await tarOf([[{ name: folder, type: "directory", mode: 0o777 }]]);
		await docker(["cp", "-", `${container.id}:/build`], { input: entry });
		if (image === undefined) continue;
		const holder = await holdImage(step, image, place.settings.platform);
		await copyOut(holder, "/compiled.tar", ["cp", "-", `${container.id}:/build/${folder}`]);
	}
	await container.run();
	return "tested";
}

/** The compiles without a patch and with it; the second only where it changes what is compiled. */
async function findCompiled(
	step: Step,
	place: TestPlace,
	{ before, tested, after }: Tested,
): Promise<{ before: string; after: string | undefined } | undefined> {
	const all = [...before, tested, ...after];
	// The nearest first.
	const without = before.map((_, index) => all.slice(0, before.length - index));
	const withIt = [tested, ...after].map((_, index) => all.slice(0, before.length + 1 + index));
	const first = (sets: readonly (readonly LoadedPatch[])[]) => firstKept(step, place, sets);
	if (!isCompiled(tested)) {
		const any = await first([...without, [], ...withIt]);
		return any === undefined ? undefined : { before: any, after: undefined };
	}
	const found = { before: await first([...without, []]), after: await first(withIt) };
	if (found.after === undefined) return undefined;
	if (found.before !== undefined) return { before: found.before, after: found.after };
	throw new StepError(
		`${tested.patch.name} changes what is compiled, and no compile without it is kept`,
		`make one: npm start -- -s ${place.stack} -c apps= -c patches= --target package`,
	);
}

async function firstKept(
	step: Step,
	{ settings, python, folder, repository }: TestPlace,
	sets: readonly (readonly LoadedPatch[])[],
): Promise<string | undefined> {
	for (const set of sets) {
		const patches = patchSet(
			folder,
			set.map(({ patch }) => patch),
		);
		const patched = { ...python, suffix: "", ...(set.length > 0 && { patches }) };
		const images = stackImages({ ...settings, pythons: [patched] }, repository);
		const { compiled } = imageOf(images, "package");
		if (compiled !== undefined && (await findImage(compiled, step.signal))) return compiled;
	}
	return undefined;
}

/** Folders of tests in the standard library. */
const TESTS = /^Lib\/(.*\/)?(test|tests|idle_test)\//;

function isTest(file: string): boolean {
	return TESTS.test(file);
}

/** Names of the test modules among files, as unittest takes them. */
export function testModules(files: readonly string[]): string[] {
	const modules = files.filter((file) => isTest(file) && /\/test_[^/]*\.py$/.test(file));
	return modules.map((file) => file.replace(/^Lib\/|\.py$/g, "").replaceAll("/", "."));
}

/** Modules that are frozen into every interpreter (Python/frozen.c): -X frozen_modules=off leaves them. */
const FROZEN = /^Lib\/(importlib\/_bootstrap(_external)?|zipimport)\.py$/;

/** Whether a patch changes something that is compiled. */
export function isCompiled({ content }: Pick<LoadedPatch, "content">): boolean {
	const files = fileChanges(content.toString("latin1")).map(({ file }) => file);
	return files.some((file) => !/^(Lib|Doc|Misc)\//.test(file) || FROZEN.test(file));
}
