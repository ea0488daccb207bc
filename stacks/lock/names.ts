/** The name of a distribution, an extra or a group in the form that compares (PEP 503, PEP 685). */
export function normalizeName(name: string): string {
	return name.replace(/[-_.]+/g, "-").toLowerCase();
}

/** Orders by name, in the order of their bytes. */
export function byName(one: { readonly name: string }, other: { readonly name: string }): number {
	return one.name < other.name ? -1 : Number(one.name > other.name);
}
