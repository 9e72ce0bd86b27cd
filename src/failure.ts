/**
 * The one error a user sees: what was being done to what, why it failed, the
 * exit code, and where it helps, what to do. Any module may throw it; only
 * main.ts prints it.
 */

/** Exit codes as docker has them (DESIGN, Compatibility). */
export const EXIT = {
	/** any other error */
	failed: 1,
	/** a template that cannot be parsed, of verbs that print one thing (docker/cli, inspect) */
	template: 64,
	/** bad flags, and whatever keeps `run` from starting its program */
	refused: 125,
	/** the program cannot be executed */
	notExecutable: 126,
	/** the program is not there */
	notFound: 127,
} as const;

/** Failures that some callers treat apart. */
export type FailureKind = "no such container" | "no such network" | "network in use" | "no such volume";

/** An error for the user, one line. */
export class Failure extends Error {
	override name = "Failure";

	/**
	 * @param message one line, without the leading "bunker: "
	 * @param options.exitCode of the process; 1 if not said
	 * @param options.kind what a caller may tell it by
	 * @param options.hint what to do about it, printed on a line of its own
	 */
	constructor(
		message: string,
		private readonly options: { exitCode?: number; hint?: string; cause?: unknown; kind?: FailureKind } = {},
	) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
	}

	get exitCode(): number {
		return this.options.exitCode ?? EXIT.failed;
	}

	get kind(): FailureKind | undefined {
		return this.options.kind;
	}

	get hint(): string | undefined {
		return this.options.hint;
	}

	/** The same failure with another exit code. */
	withExitCode(exitCode: number): Failure {
		return new Failure(this.message, { ...this.options, exitCode });
	}
}
