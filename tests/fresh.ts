import { vi } from "vitest";

/*
 * Before each unit test file, in a process that it shares with others: the project's own modules are
 * loaded anew, and what a file replaced is back, as in a process of its own.
 */
vi.resetModules();
vi.restoreAllMocks();
vi.unstubAllEnvs();
vi.unstubAllGlobals();
