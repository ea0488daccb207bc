import { cpythonSeries } from "../stacks/cpython.ts";

/*
 * Imported by a test, this makes the catalog's releases those of 2026-11-22, so that the test may say
 * which is the newest one, and a release that is added breaks nothing.
 */

const VERSIONS = [
	..."3.4.10 3.5.2 3.5.10 3.6.15 3.7.17 3.8.20 3.9.2 3.9.25 3.10.21".split(" "),
	..."3.11.2 3.11.16 3.12.14 3.13.5 3.13.15 3.14.7 3.15.0rc1".split(" "),
];

for (const series of cpythonSeries)
	series.releases = series.releases.filter(({ version }) => VERSIONS.includes(version));
