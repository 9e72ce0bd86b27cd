/** What a verb is: a declaration, from which parsing, help and completion follow, and what it does. */

import type { Config } from "../flags/config.ts";
import type { Completes, Flags, Values } from "../flags/flags.ts";
import type { Grammar } from "../flags/grammar.ts";
import type { Store } from "../kernel/store.ts";

/** Nothing but data: declarations.ts keeps it as JSON. */
export interface Declaration<F extends Flags = Flags> extends Grammar<F> {
	/** what follows the verb: `[OPTIONS] IMAGE [COMMAND] [ARG...]` */
	usage: string;
	/** how many operands it takes; any number without `most` */
	operands: { least: number; most?: number };
	/** what a shell completes operands to, the last for all that follow; nothing if not said */
	completes?: readonly Completes[];
	/** below its summary in the help */
	description?: string;
	/** command lines, without `bunker` */
	examples: readonly string[];
	/** works through much data: its code is worth compiling (Makefile, --compile-jit-policy) */
	busy?: boolean;
}

export interface Verb<F extends Flags = Flags> extends Declaration<F> {
	/** @returns the exit code; 0 if nothing */
	run(input: Input<F>): Promise<number | undefined> | number | undefined;
}

/** What a verb gets. */
export interface Input<F extends Flags = Flags> {
	values: Values<F>;
	operands: string[];
	/** The configuration: what holds where a flag is not given. */
	config(): Promise<Config>;
	/**
	 * Opens the store: of --root and --run-root, the environment or the configuration.
	 * @param options.toLook a copy, so that nothing at all is touched
	 * @param options.alone without looking after containers whose monitor was killed
	 * @throws Failure (125) for anybody but root
	 */
	open(options?: Opening): Promise<Store>;
}

/** How the store is opened. */
export interface Opening {
	toLook?: boolean;
	alone?: boolean;
}

/** Declares a verb; its flags give the types of its values. */
export function verb<const F extends Flags>(it: Verb<F>): Verb {
	return it;
}
