import { expect, it } from "vitest";
import { tarballUrls } from "./places.ts";

it("a release is in the folder of its version, and in the pool under Debian's name", () => {
	expect(tarballUrls("3.13.5", "tar.xz", ["http://mirror.example/debian"])).toEqual([
		"https://www.python.org/ftp/python/3.13.5/Python-3.13.5.tar.xz",
		"http://mirror.example/debian/pool/main/p/python3.13/python3.13_3.13.5.orig.tar.xz",
	]);
});

it("a .tgz has another end in Debian's name", () => {
	expect(tarballUrls("3.11.2", "tgz", ["http://mirror.example/debian"])).toEqual([
		"https://www.python.org/ftp/python/3.11.2/Python-3.11.2.tgz",
		"http://mirror.example/debian/pool/main/p/python3.11/python3.11_3.11.2.orig.tar.gz",
	]);
});

it("a pre-release is in the folder of the final one, and has a ~ in Debian's name", () => {
	expect(tarballUrls("3.15.0rc1", "tar.xz", ["http://mirror.example/debian"])).toEqual([
		"https://www.python.org/ftp/python/3.15.0/Python-3.15.0rc1.tar.xz",
		"http://mirror.example/debian/pool/main/p/python3.15/python3.15_3.15.0~rc1.orig.tar.xz",
	]);
});
