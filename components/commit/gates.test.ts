import { describe, expect, it } from "vitest";
import { undeclaredPaths } from "./gates.ts";

describe("undeclaredPaths", () => {
	const paths = ["/opt/cpython/3.13/", "/usr/share/lintian/overrides/cpython3.13"];

	it("takes what is declared, what is in it and the folders that it is in", () => {
		const diff = `C /opt
A /opt/cpython
A /opt/cpython/3.13
A /opt/cpython/3.13/bin/python3.13
C /usr
C /usr/share/lintian/overrides
A /usr/share/lintian/overrides/cpython3.13`;
		expect(undeclaredPaths(diff, paths)).toEqual([]);
		expect(undeclaredPaths("", paths)).toEqual([]);
	});

	it("finds all else, however much alike", () => {
		const diff = `C /etc
D /etc/passwd
C /opt
C /opt/cpython
C /opt/cpython/3.12
A /opt/cpython/3.130
C /usr/share/lintian/overrides/cpython3.13-dev
A /usr/share/lintian/overrides/cpython3.13/x`;
		expect(undeclaredPaths(diff, paths)).toEqual([
			"/etc/passwd",
			"/opt/cpython/3.12",
			"/opt/cpython/3.130",
			"/usr/share/lintian/overrides/cpython3.13-dev",
			"/usr/share/lintian/overrides/cpython3.13/x",
		]);
	});
});
