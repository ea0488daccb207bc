import { setTimeout as sleep } from "node:timers/promises";
import { type ResultOf, readInputs } from "../step/definition.ts";
import { StepError } from "../step/error.ts";
import { runStep, type Step } from "../step/step.ts";
import { addEntries, type Entry, keptEntries } from "./entries.ts";
import { clearSign, exportKeys, readSigned } from "./gpg.ts";
import { makeIndex } from "./index-files.ts";
import { publishStep } from "./step.ts";
import { openStore, type Store } from "./store.ts";
import { type Due, dueOf, inReleasePath, isDue, readSuite, type Suite } from "./suite.ts";
import { Uploads } from "./uploads.ts";

/*
 * Several stacks publish in one repository, at once and from several machines, and each may be killed.
 * So nothing that is there is ever written over but a suite's InRelease, which is replaced only where it is
 * still the one that was read; else all is done again with what another one published meanwhile. What
 * it names is there before: .debs in a folder of their own, indexes under their hashes.
 */

/** After how long a publication gives up, in ms: well before what it wrote counts as left behind. */
const DEADLINE = 60 * 60_000;

/** How long the .deb that no index names stays, in ms: it may be about to be published. */
const LEFT_BEHIND = 24 * 60 * 60_000;

const inputs = readInputs(publishStep);
const { PLACE: place, SUITE: suite, KEYS: keys } = inputs;

await runStep<ResultOf<typeof publishStep>>(async (step) => {
	const store = await openStore(place, { region: inputs.REGION, signal: step.signal });
	// A key that is not there must not be found out when everything is uploaded.
	const publicKeys = await exportKeys(keys);
	const uploads = new Uploads(step, store, inputs);
	const started = Date.now();
	for (;;) {
		const former = await readSuite(store, suite, (inRelease) => readSigned(inRelease, keys));
		const due = dueOf(former, inputs);
		if (!isDue(due)) break;
		if (Date.now() - started > DEADLINE)
			throw new StepError(`publishing in ${place} takes longer than an hour`, "run again");
		const next = await nextEntries(former, due, uploads);
		await untilNextSecond(former, step.signal);
		if (!(await publish(step, store, former, next, publicKeys))) continue;
		await removeUnused(store, [...former.entries, ...next]);
		break;
	}
	return { place, suite };
});

/** What the suite is to have, with what is uploaded for it. */
async function nextEntries(former: Suite, due: Due, uploads: Uploads): Promise<Entry[]> {
	const images = due.missing.map(({ image }) => image);
	const described = [];
	for (const image of images) described.push(...(await uploads.describe(image)));
	const all = addEntries(former.entries, described, suite);
	// Not before it is known that they can be published.
	for (const image of images) await uploads.upload(image);
	return keptEntries(all, new Date(), inputs.KEEP_DAYS);
}

/** A suite whose Date is not later than what a client has is none for apt, and none for a cache. */
async function untilNextSecond({ written }: Suite, signal: AbortSignal): Promise<void> {
	const second = (time: number) => Math.floor(time / 1000);
	const ahead = written.getTime() - Date.now();
	if (ahead > 60_000)
		throw new StepError(
			`the apt repository's ${suite} was published ${Math.round(ahead / 1000)} s after now`,
			"set the clock of this machine, or of the one that published it",
		);
	while (second(Date.now()) <= second(written.getTime())) await sleep(100, undefined, { signal });
}

/** Replace the suite's InRelease by one of these packages; tells whether nobody else did meanwhile. */
async function publish(
	step: Step,
	store: Store,
	former: Suite,
	entries: readonly Entry[],
	publicKeys: Buffer,
): Promise<boolean> {
	const args = { suite, origin: inputs.ORIGIN, entries, keys, validDays: inputs.VALID_DAYS };
	const { byHash, release } = await makeIndex(step.createFolder(), args);
	const inRelease = await clearSign(release, keys);
	for (const [path, content] of byHash) await store.write(path, content);
	// A client that gets it today must take what is signed from now on.
	await store.write(`${suite}.asc`, publicKeys);
	return store.replace(inReleasePath(suite), inRelease, former.version);
}

/** Remove the .debs that neither what the suite says names, nor what it said before. */
async function removeUnused(store: Store, entries: readonly Entry[]): Promise<void> {
	const used = new Set(entries.map(({ filename }) => filename));
	for (const { path, modified } of await store.list(`pool/${suite}`))
		if (!used.has(path) && Date.now() - modified.getTime() > LEFT_BEHIND) await store.remove(path);
}
