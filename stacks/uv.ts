/**
 * The uv that locks apps: nothing of it gets into an image.
 *
 * Source: the hashes of its wheels (manylinux_2_17) were computed from them on 2026-11-27.
 */
export const uv = {
	version: "0.13.9",
	/** SHA-256 of its wheel, by Debian's name of the architecture. */
	sha256: {
		amd64: "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
		arm64: "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
	},
	/** The oldest series of CPython that it resolves for, of 3.x (its own Requires-Python). */
	oldestPython: 8,
} as const;
