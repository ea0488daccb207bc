/** What became of a resource in a local run. */
export type Outcome = "built" | "reused" | "pushed" | "to build" | "to push" | "skipped";

/** A line of the closing summary. */
export interface Row {
	readonly artefact: string;
	readonly outcome: Outcome;
	/** Why it is built; empty where it is reused. */
	readonly why: string;
	/** How long it took, in seconds. */
	readonly seconds: number;
}

/**
 * Tells a person on standard error what a run is doing. On a terminal percentages rewrite one line;
 * elsewhere, as in a CI log, one line in ten per cent is enough.
 */
export class Report {
	readonly rows: Row[] = [];
	readonly #start = Date.now();
	readonly #terminal = process.stderr.isTTY === true;
	#transient = false;

	/** A line of progress of an artefact. */
	progress(artefact: string, text: string): void {
		const percent = /\b(\d+)%/.exec(text)?.[1];
		if (percent !== undefined && !this.#terminal && Number(percent) % 10 !== 0) return;
		const line = `${formatSeconds((Date.now() - this.#start) / 1000).padStart(6)}  ${artefact.padEnd(10)} ${text}`;
		this.#write(
			this.#terminal ? line.slice(0, (process.stderr.columns ?? 80) - 1) : line,
			percent !== undefined,
		);
	}

	/** A line about the run as a whole. */
	line(text: string): void {
		this.#write(text, false);
	}

	/** Something of an artefact begins: the function that is returned says what became of it, and why. */
	start(artefact: string): (outcome: Outcome, why?: string) => void {
		const start = Date.now();
		return (outcome, why = "") =>
			this.done({ artefact, outcome, why, seconds: (Date.now() - start) / 1000 });
	}

	/** An artefact is done, or is known not to need anything. */
	done(row: Row): void {
		this.rows.push(row);
		const time = row.outcome === "built" ? ` in ${formatSeconds(row.seconds)}` : "";
		this.progress(row.artefact, `${row.outcome}${time}${row.why === "" ? "" : `: ${row.why}`}`);
	}

	#write(line: string, transient: boolean): void {
		const clear = this.#transient ? "\r\x1b[K" : "";
		this.#transient = transient && this.#terminal;
		process.stderr.write(`${clear}${line}${this.#transient ? "" : "\n"}`);
	}
}

/** Seconds as `1:05`, or `1:02:05` from an hour on. */
export function formatSeconds(seconds: number): string {
	const whole = Math.floor(seconds);
	const two = (value: number) => String(value).padStart(2, "0");
	const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
	return hours > 0
		? `${hours}:${two(minutes)}:${two(whole % 60)}`
		: `${minutes}:${two(whole % 60)}`;
}
