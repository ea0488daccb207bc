import { AsyncLocalStorage } from "node:async_hooks";

/*
 * A step is a process, with variables that say which Docker daemon it has. A process that has to do with
 * several says for each piece of its work which one it is for.
 */

/** Variables of Docker's client. */
type Variables = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<Variables>();

/** Do work that has to do with another daemon than that of this process; with undefined it is that one. */
export function onDaemon<Result>(variables: Variables | undefined, work: () => Result): Result {
	return variables === undefined ? work() : current.run(variables, work);
}

/** What the environment of Docker's client has beside this process's own. */
export function daemonVariables(): Variables {
	return current.getStore() ?? {};
}
