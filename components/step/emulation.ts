import { existsSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";

/** Where Linux tells which programs it lets another one run (Linux kernel documentation, binfmt-misc). */
const REGISTERED = "/proc/sys/fs/binfmt_misc";

/** What an ELF header says of the architecture (elf(5), e_machine), as the kernel prints it. */
const MACHINES = { amd64: "3e00", arm64: "b700" } as const;

/** What to do where a Docker host does not emulate another architecture. */
export const EMULATION_REMEDY =
	"let it emulate that (Debian: apt-get install qemu-user-static; elsewhere: docker run --privileged --rm tonistiigi/binfmt --install all)";

/**
 * Whether a Docker host can run programs of another architecture; undefined where nobody can tell: it is
 * another machine, or this one does not show what it has registered.
 *
 * @param kernel of the daemon's machine, as it says (Docker Engine API, "Get version").
 * @param folder where the kernel tells; for tests.
 */
export function canEmulate(
	architecture: keyof typeof MACHINES,
	kernel: string | undefined,
	folder = REGISTERED,
): boolean | undefined {
	if (kernel !== release() || !existsSync(join(folder, "status"))) return undefined;
	const names = readdirSync(folder).filter((name) => name !== "status" && name !== "register");
	return names.some((name) => {
		const text = readFileSync(join(folder, name), "utf8");
		const magic = /^magic ([0-9a-f]+)$/m.exec(text)?.[1] ?? "";
		// F: containers have it, although they do not have its file.
		const inContainers = /^flags: .*F/m.test(text);
		return /^enabled$/m.test(text) && inContainers && isOf(magic, architecture);
	});
}

/** Whether bytes are the beginning of an ELF file of an architecture: its e_machine is at 18. */
function isOf(magic: string, architecture: keyof typeof MACHINES): boolean {
	return magic.startsWith("7f454c46") && magic.slice(36, 40) === MACHINES[architecture];
}
