import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { openPromise } from "yauzl";
import { reasonOf, StepError } from "../../components/step/error.ts";
import { isAffected, type Matches, type OsvPackage, type OsvRecord, packageKey } from "./osv.ts";

/** Where OSV publishes them, and one finds each by its folder (osv.dev, "Data dumps"). */
const DUMPS = "https://osv-vulnerabilities.storage.googleapis.com";

/**
 * Look into OSV's dumps, `ECOSYSTEM/all.zip` in a folder, for the vulnerabilities of packages. Nobody is
 * asked.
 *
 * @throws StepError where one is missing or cannot be read: that is never "none".
 */
export async function readDumps(folder: string, packages: readonly OsvPackage[]): Promise<Matches> {
	// The dump of an ecosystem has all its releases.
	const ecosystems = Map.groupBy(packages, ({ ecosystem }) => ecosystem.split(":")[0] ?? "");
	const file = (ecosystem: string) => join(folder, ecosystem, "all.zip");
	const missing = [...ecosystems.keys()].sort().filter((ecosystem) => !existsSync(file(ecosystem)));
	if (missing.length > 0) {
		throw new StepError(
			`--offline ${JSON.stringify(folder)} lacks ${missing.map((each) => `${each}/all.zip`).join(", ")}`,
			`fetch each from ${DUMPS}/ECOSYSTEM/all.zip`,
		);
	}
	const found = new Map(packages.map((each) => [packageKey(each), [] as OsvRecord[]]));
	for (const [ecosystem, of] of ecosystems)
		for await (const record of readDump(file(ecosystem), of))
			for (const each of namedIn(record, of))
				if (isAffected(record, each)) found.get(packageKey(each))?.push(record);
	return found;
}

/** Those that a record may be of: a dump has more than ten thousand, and an image hundreds of packages. */
function namedIn({ affected = [] }: OsvRecord, packages: readonly OsvPackage[]): OsvPackage[] {
	const names = new Set(affected.map((each) => each.package?.name));
	return packages.filter(({ ecosystem, name }) => ecosystem === "GIT" || names.has(name));
}

async function* readDump(file: string, packages: readonly OsvPackage[]): AsyncGenerator<OsvRecord> {
	// The dump of repositories is ten times the others together: only what may be meant is parsed.
	const names = packages.flatMap(({ ecosystem, name }) => (ecosystem === "GIT" ? [name] : []));
	try {
		const zip = await openPromise(file);
		for await (const entry of zip.eachEntry()) {
			if (!entry.fileName.endsWith(".json")) continue;
			const content = await text(await zip.openReadStreamPromise(entry));
			if (names.length > 0 && !names.some((name) => content.includes(name))) continue;
			yield JSON.parse(content) as OsvRecord;
		}
	} catch (error) {
		throw new StepError(
			`${file} cannot be read (${reasonOf(error as Error)})`,
			`fetch it again from ${DUMPS}/ECOSYSTEM/all.zip`,
		);
	}
}
