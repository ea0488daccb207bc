import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("has each path of the library as components/python/abi/install takes it", () => {
	const variant = readFileSync("components/python/abi/install", "utf8");
	const [, script = ""] = /^sed '(.*)' \/mnt\/install/m.exec(variant) ?? [];
	const install = execFileSync("sed", [script, "components/python/context/install"], {
		encoding: "utf8",
	});
	const paths = install.match(/lib\/python\$.*?(?=\/)/g) ?? [];
	expect(paths.length).toBeGreaterThan(0);
	for (const path of paths) expect(path).toMatch(/\$\{series%d\}$/);
});
