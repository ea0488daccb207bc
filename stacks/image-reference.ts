/**
 * The parts of an image reference, `[host[:port]/]path[:tag][@sha256:digest]`.
 *
 * The grammar is that of distribution/reference (docs: "Reference grammar"), narrowed to lower
 * case hosts and sha256 digests.
 */
export interface ImageReference {
	/** Registry with its port; absent for Docker Hub. */
	host?: string;
	/** Repository in the registry, such as debian/eol. */
	path: string;
	tag?: string;
	/** `sha256:` and 64 hexadecimal digits. */
	digest?: string;
}

const hostPattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** The parts of `text`, or what keeps it from being an image reference, as the rest of a sentence. */
export function parseImageReference(text: string): ImageReference | string {
	if (text.includes("://")) return "has a scheme, which an image reference has not";
	if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text))
		return "is an image ID, which only the daemon that has the image knows";
	const [named = "", digest, ...more] = text.split("@");
	if (more.length > 0) return "has more than one @";
	if (digest !== undefined && !digestPattern.test(digest))
		return "has something else than sha256: and 64 hexadecimal digits after the @";
	const { repository, tag } = splitTag(named);
	if (tag !== undefined && !tagPattern.test(tag)) return "has a malformed tag";
	const place = parseRepository(repository);
	if (typeof place === "string") return place;
	return { ...place, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The registry and the path of `[host[:port]/]path`, or what is wrong, as the rest of a sentence. */
export function parseRepository(text: string): { host?: string; path: string } | string {
	if (/[A-Z]/.test(text)) return "has capital letters in its name";
	const components = text.split("/");
	const [first = ""] = components;
	const hasHost = components.length > 1 && (/[.:]/.test(first) || first === "localhost");
	if (hasHost && !isHost(first)) return "has a malformed host or port";
	const path = components.slice(hasHost ? 1 : 0);
	if (!path.every((component) => componentPattern.test(component)))
		return "has a malformed name: lower case letters and digits, with . _ - and / between them";
	return { ...(hasHost && { host: first }), path: path.join("/") };
}

/** Whether a host is Docker Hub, by its name in images or that of its registry (distribution reference, "normalize.go"). */
export function isDockerHub(host: string | undefined): boolean {
	return host !== undefined && /^((index|registry-1)\.)?docker\.io$/.test(host);
}

/** A colon after the last slash starts the tag; before it, a port. */
function splitTag(named: string): { repository: string; tag?: string } {
	const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
	if (colon < 0) return { repository: named };
	return { repository: named.slice(0, colon), tag: named.slice(colon + 1) };
}

function isHost(text: string): boolean {
	const [host = "", port, ...more] = text.split(":");
	if (more.length > 0 || !hostPattern.test(host)) return false;
	return port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535);
}
