/** Folder, from the project root, of the scripts that make an app's images. */
export const CONTEXT = "components/app/context";

/** Further folders that they use, by their names beside them. */
export const FOLDERS = {
	/** What knows how to ask Debian for the package of a library. */
	buildwheels: "components/wheelbuild/context/buildwheels.d",
	/** The gates of the image python, some of which hold here too. */
	"python-gates": "components/python/context/gates",
} as const;

/** Folder of what installs distributions that are folders: in the keys of apps that have some. */
export const LOCALS_CONTEXT = "components/app/locals";

/** The same of an app on the image minimal. */
export const MINIMAL_FOLDERS = { ...FOLDERS, minimal: "components/minimal/context" } as const;

/** Of an app's user, where the base has none of that name: above those that Debian and people give out. */
export const UID = "10001";

/** What Docker and Kubernetes send anyway, said so that nobody has to know; docker commit has no such change. */
export const STOP_SIGNAL = "SIGTERM";
