import { compare, valid } from "@renovatebot/pep440";

/** How the versions of an ecosystem are ordered. */
export interface VersionOrder {
	/** Negative if `a` is older, 0 if equal, positive if newer. */
	compare(a: string, b: string): number;
	isVersion(text: string): boolean;
}

/** Versions of Python distributions (PEP 440). CPython's own are of the same form. */
export const pythonOrder: VersionOrder = { compare, isVersion: (text) => valid(text) !== null };

/** Versions of Debian packages (Debian Policy 5.6.12), in dpkg's order. */
export const debianOrder: VersionOrder = {
	compare: compareDebian,
	isVersion: (text) => /^(\d+:)?[\w.+~:-]+$/.test(text),
};

function compareDebian(a: string, b: string): number {
	const [left, right] = [debianParts(a), debianParts(b)];
	return (
		left.epoch - right.epoch ||
		comparePart(left.upstream, right.upstream) ||
		comparePart(left.revision, right.revision)
	);
}

/** The revision is what follows the last hyphen. */
function debianParts(version: string) {
	const [, epoch = "0", upstream = "", revision = ""] =
		/^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(version) ?? [];
	return { epoch: Number(epoch), upstream, revision };
}

/** By turns what is no digit, by {@link compareWord}, and a number. */
function comparePart(a: string, b: string): number {
	const [left, right] = [chunks(a), chunks(b)];
	for (let index = 0; index < Math.max(left.length, right.length); index++) {
		const [word, number] = left[index] ?? END;
		const [otherWord, otherNumber] = right[index] ?? END;
		const difference = compareWord(word, otherWord) || Number(number - otherNumber);
		if (difference !== 0) return difference;
	}
	return 0;
}

const END = ["", 0n] as const;

function chunks(part: string): (readonly [word: string, number: bigint])[] {
	return [...part.matchAll(/(\D*)(\d*)/g)].map(
		([, word = "", digits = ""]) => [word, BigInt(digits)] as const,
	);
}

/** A tilde sorts before the end, the end before letters, and these before all else. */
function compareWord(a: string, b: string): number {
	for (let index = 0; index < Math.max(a.length, b.length); index++) {
		const difference = rank(a[index]) - rank(b[index]);
		if (difference !== 0) return difference;
	}
	return 0;
}

function rank(character: string | undefined): number {
	if (character === undefined) return 0;
	if (character === "~") return -1;
	return character.charCodeAt(0) + (/[a-z]/i.test(character) ? 0 : 256);
}
