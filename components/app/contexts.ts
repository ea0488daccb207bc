/** Folder, from the project root, of the scripts that make an app's images. */
export const CONTEXT = "components/app/context";

/** Further folders that they use, by their names beside them. */
export const FOLDERS = {
	/** What knows how to ask Debian for the package of a library. */
	buildwheels: "components/wheelbuild/context/buildwheels.d",
	/** The gates of the image python, some of which hold here too. */
	"python-gates": "components/python/context/gates",
} as const;
