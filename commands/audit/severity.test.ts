import { expect, it } from "vitest";
import { ratingOf, worst } from "./severity.ts";

const V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const V4 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:L/SA:N";

it.each([
	["CVSS 3", { severity: [{ type: "CVSS_V3", score: V3 }] }, { severity: "critical", score: 9.8 }],
	[
		"CVSS 2",
		{ severity: [{ type: "CVSS_V2", score: "AV:L/AC:H/Au:S/C:P/I:N/A:N" }] },
		{ severity: "low", score: 1 },
	],
	[
		"the newest CVSS",
		{
			severity: [
				{ type: "CVSS_V3", score: V3 },
				{ type: "CVSS_V4", score: V4 },
			],
		},
		{ severity: "medium", score: 6.3 },
	],
	["GitHub's word", { database_specific: { severity: "MODERATE" } }, { severity: "medium" }],
	[
		"GitHub's word, where the vector is none",
		{ severity: [{ type: "CVSS_V3", score: "high" }], database_specific: { severity: "HIGH" } },
		{ severity: "high" },
	],
	["nobody", {}, { severity: "unknown" }],
])("is what %s says", (_, said, rating) => {
	expect(ratingOf({ id: "X", ...said }, [])).toEqual(rating);
});

it("is Debian's urgency of the package, and unknown where that is not assigned", () => {
	const urgency = (word: string) =>
		ratingOf({ id: "X" }, [{ ecosystem_specific: { urgency: word } }]);
	expect(urgency("low*")).toEqual({ severity: "low" });
	expect(urgency("not yet assigned")).toEqual({ severity: "unknown" });
});

it("is the worst of what several say", () => {
	expect(
		worst([{ severity: "low", score: 3.9 }, { severity: "unknown" }, { severity: "high" }]),
	).toEqual({
		severity: "high",
	});
	expect(worst([])).toEqual({ severity: "unknown" });
});
