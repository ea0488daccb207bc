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

/** A layer's tar without placeholders, and with the name of root, which Podman leaves out. */
export async function* dockerLayer(tar: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	let rest: Buffer = Buffer.alloc(0);
	/** Bytes of content that are still to come, and whether they stay. */
	let content = 0;
	let stays = true;
	/** The header of a folder that stays where something in it does. */
	let held: { readonly name: string; readonly header: Buffer } | undefined;
	for await (const chunk of tar) {
		rest = Buffer.concat([rest, chunk]);
		while (content > 0 ? rest.length > 0 : rest.length >= BLOCK) {
			const part = rest.subarray(0, content > 0 ? content : BLOCK);
			rest = rest.subarray(part.length);
			if (content > 0) {
				content -= part.length;
				if (stays) yield part;
				continue;
			}
			const { name, size, type } = readHeader(part);
			content = Math.ceil(size / BLOCK) * BLOCK;
			stays = size > 0 || !PLACEHOLDER.test(name);
			if (!stays) continue;
			if (held !== undefined && name.startsWith(held.name)) yield held.header;
			held = undefined;
			const header = name === "" || EXTENDED.includes(type) ? part : withNames(part);
			if (PLACES.includes(name)) held = { name, header };
			else yield header;
		}
	}
}

function readHeader(header: Buffer) {
	return {
		name: textAt(header, 0, 100),
		size: Number.parseInt(textAt(header, 124, 12), 8) || 0,
		type: textAt(header, 156, 1),
	};
}

function textAt(header: Buffer, start: number, length: number): string {
	const field = header.toString("latin1", start, start + length);
	return field.split("\0")[0] ?? "";
}

/** With the names of root, where it is the owner and the group, and the sum that follows. */
function withNames(header: Buffer): Buffer {
	const named = Buffer.from(header);
	for (const [id, name] of [
		[108, 265],
		[116, 297],
	] as const)
		if (Number.parseInt(textAt(header, id, 8), 8) === 0) named.write("root", name);
	named.fill(" ", 148, 156);
	const sum = named.reduce((total, byte) => total + byte, 0);
	named.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
	return named;
}
