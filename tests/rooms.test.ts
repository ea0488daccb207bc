import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

/*
 * No room needs another that needs it: so each can be read, and changed, without those that stand on it.
 */

/** The room of a file, by its path from the root: `components/base`, `stacks`; none of components/ itself. */
function roomOf(file: string): string | undefined {
	const [folder = "", name] = dirname(file).split("/");
	if (folder !== "components" && folder !== "commands") return folder;
	return name && `${folder}/${name}`;
}

const rooms = new Map<string, Set<string>>();
for (const file of globSync("{components,commands,infra,local,stacks}/**/*.ts")) {
	const room = roomOf(file);
	if (room === undefined || file.endsWith(".test.ts")) continue;
	const needed = rooms.get(room) ?? new Set();
	rooms.set(room, needed);
	for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/from "(\.\.?\/[^"]+)"/g)) {
		const other = roomOf(join(dirname(file), path));
		if (other !== undefined && other !== room) needed.add(other);
	}
}

/** The way from a room through others back to one of the way; undefined where there is none. */
function circle(room: string, way: readonly string[] = []): readonly string[] | undefined {
	if (way.includes(room)) return [...way, room];
	for (const needed of rooms.get(room) ?? []) {
		const found = circle(needed, [...way, room]);
		if (found !== undefined) return found;
	}
	return undefined;
}

it("no room needs one that needs it", () => {
	expect(rooms.get("components/base")).toContain("stacks");
	for (const room of rooms.keys()) expect(circle(room), room).toBeUndefined();
});
