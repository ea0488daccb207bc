/*
 * A layer that Podman made of what a container changed, with the bytes that Docker gives it: both write it
 * with Go's archive/tar, in the same order. POSIX.1-1988 (ustar) has the fields of a header.
 */

const BLOCK = 512;

/** What is in a layer because the container had something of Podman's mounted there: empty, or a link. */
const PLACEHOLDER =
	/^(?:etc\/(?:hostname|hosts|mtab|resolv\.conf)|run\/(?:\.containerenv|secrets\/?))$/;

/** Where placeholders are: such a folder counts as changed by them alone. */
const PLACES = ["etc/", "run/"];

/** Types of the headers that say more of the next one (POSIX.1-2001, pax). */
const EXTENDED = ["x", "g"];

/** Attributes of overlayfs's own, which Podman 4.3 takes along where it is rootless. */
const OVERLAY = /^\d+ SCHILY\.xattr\.user\.overlay\./;

/** Bits of a file's type (inode(7)) by its header's type. Docker writes them into the mode, Podman 5 does not. */
const TYPE_BITS: Readonly<Record<string, number>> = {
	0: 0o100000,
	1: 0o100000,
	2: 0o120000,
	3: 0o20000,
	4: 0o60000,
	5: 0o40000,
	6: 0o10000,
};

/** A layer's tar without placeholders, and with the name of root, which Podman leaves out. */
export async function* dockerLayer(tar: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	let rest: Buffer = Buffer.alloc(0);
	/** Bytes of content that are still to come, and whether they stay. */
	let content = 0;
	let stays = true;
	/** What says more of the next header. */
	let extended: Buffer = Buffer.alloc(0);
	/** The header of a folder that stays where something in it does. */
	let held: { readonly name: string; readonly header: Buffer } | undefined;
	for await (const chunk of tar) {
		rest = Buffer.concat([rest, chunk]);
		while (content > 0 ? rest.length > 0 : rest.length >= BLOCK) {
			if (content > 0) {
				const part = rest.subarray(0, content);
				rest = rest.subarray(part.length);
				content -= part.length;
				if (stays) yield part;
				continue;
			}
			const { name, size, type } = readHeader(rest);
			const whole = BLOCK + (EXTENDED.includes(type) ? padded(size) : 0);
			if (rest.length < whole) break;
			const part = rest.subarray(0, whole);
			rest = rest.subarray(whole);
			if (EXTENDED.includes(type)) {
				extended = Buffer.concat([extended, withoutOverlay(part, size)]);
				continue;
			}
			content = padded(size);
			stays = size > 0 || !PLACEHOLDER.test(name);
			const header = Buffer.concat([extended, name === "" ? part : dockerHeader(part)]);
			extended = Buffer.alloc(0);
			if (!stays) continue;
			if (held !== undefined && name.startsWith(held.name)) yield held.header;
			held = undefined;
			if (PLACES.includes(name)) held = { name, header };
			else yield header;
		}
	}
}

/** A size with what fills the last block. */
function padded(size: number): number {
	return Math.ceil(size / BLOCK) * BLOCK;
}

function readHeader(header: Buffer) {
	return {
		name: textAt(header, 0, 100),
		size: numberAt(header, 124, 12) || 0,
		type: textAt(header, 156, 1),
	};
}

function textAt(header: Buffer, start: number, length: number): string {
	const field = header.toString("latin1", start, start + length);
	return field.split("\0")[0] ?? "";
}

/** With the names of root, where it is the owner and the group, and with the type in the mode. */
function dockerHeader(header: Buffer): Buffer {
	const changed = Buffer.from(header);
	for (const [id, name] of [
		[108, 265],
		[116, 297],
	] as const)
		if (numberAt(header, id, 8) === 0) changed.write("root", name);
	const { name, type } = readHeader(header);
	// A whiteout (OCI image specification, "Layer Filesystem Changeset") is no file.
	const bits = /(^|\/)\.wh\./.test(name) ? 0 : (TYPE_BITS[type] ?? 0);
	return withNumber(changed, 100, 8, numberAt(header, 100, 8) | bits);
}

/** An extended header with its records, but for those of overlayfs: nothing where there are no others. */
function withoutOverlay(header: Buffer, size: number): Buffer {
	const all = [...records(header.toString("latin1", BLOCK, BLOCK + size))];
	const kept = all.filter((record) => !OVERLAY.test(record)).join("");
	if (kept === "") return Buffer.alloc(0);
	const changed = Buffer.alloc(BLOCK + padded(kept.length));
	header.copy(changed, 0, 0, BLOCK);
	changed.write(kept, BLOCK, "latin1");
	return withNumber(changed, 124, 12, kept.length);
}

/** The records of an extended header, each of which begins with its length. */
function* records(text: string): Generator<string> {
	for (let rest = text; rest !== ""; ) {
		const length = Number.parseInt(rest, 10) || rest.length;
		yield rest.slice(0, length);
		rest = rest.slice(length);
	}
}

function numberAt(header: Buffer, start: number, length: number): number {
	return Number.parseInt(textAt(header, start, length), 8);
}

/** Write a number into a field of a header, and the sum that follows. */
function withNumber(header: Buffer, start: number, length: number, value: number): Buffer {
	header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, start);
	header.fill(" ", 148, 156);
	const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
	return header;
}
