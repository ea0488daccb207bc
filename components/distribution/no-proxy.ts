import { BlockList, isIP } from "node:net";
import { isLoopback } from "./loopback.ts";

/**
 * Whether a registry is reached without the proxy of the environment, by the rules of Docker's client
 * (golang.org/x/net/http/httpproxy): this machine itself, and what NO_PROXY names as a host, a domain
 * with all below it, a range of addresses, or `*`, each with a port or without.
 *
 * @param host the registry, with its port where it has one.
 */
export function isWithoutProxy(host: string): boolean {
	const list = process.env.no_proxy ?? process.env.NO_PROXY ?? "";
	return isLoopback(host) || list.split(/[\s,]+/).some((entry) => matches(host, entry));
}

function matches(host: string, entry: string): boolean {
	if (entry === "" || entry === "*") return entry === "*";
	const [name = "", port = "443"] = host.split(":");
	const [address = "", bits] = entry.split("/");
	if (bits !== undefined) return isInRange(name, address, Number(bits));
	const [domain = "", onlyPort = port] = entry
		.toLowerCase()
		.replace(/^\*?\./, "")
		.split(":");
	return onlyPort === port && (name === domain || name.endsWith(`.${domain}`));
}

function isInRange(name: string, address: string, bits: number): boolean {
	if (isIP(name) !== 4 || isIP(address) !== 4 || !(bits >= 0 && bits <= 32)) return false;
	const range = new BlockList();
	range.addSubnet(address, bits);
	return range.check(name);
}
