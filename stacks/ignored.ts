/**
 * What is in no key and in no image, wherever it is in a context folder or an app: what systems,
 * editors and Python leave in one. Patterns of file names. `.gitignore` and each `.dockerignore` of a
 * context have the same, so that whatever else is there counts in the key, is copied, and is what git
 * tells as new.
 */
export const IGNORED: readonly string[] = [
	...[".DS_Store", "._*", "Thumbs.db", "desktop.ini"],
	...["*~", ".*.sw?", "#*#", ".#*", "*.orig", "*.rej"],
	...["__pycache__", "*.py[co]", ".dockerignore"],
];
