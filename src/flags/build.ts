/** What this executable was built of, and for. */

/** Put in by the Makefile's `--define`. */
declare const BUNKER_COMMIT: string | undefined;

/** Of the source this is built of. */
export const commit = typeof BUNKER_COMMIT === "string" ? BUNKER_COMMIT : "unknown";

/** Go's name of the architecture, as docker and the OCI have it. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;
