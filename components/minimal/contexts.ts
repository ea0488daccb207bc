/** Folder, from the project root, of the programs that make the image minimal, and of its gates. */
export const CONTEXT = "components/minimal/context";

/** Further folders that they use, by their names beside them. */
export const FOLDERS = {
	/** The gates of the image python, which hold here too. */
	"python-gates": "components/python/context/gates",
} as const;
