/** Whether Docker takes plain http for a host: this machine itself (dockerd(8), --insecure-registry). */
export function isLoopback(host: string): boolean {
	return /^(localhost|127(\.\d+){3})(:\d+)?$/.test(host);
}
