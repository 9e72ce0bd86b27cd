/** Carries out one verb: its arguments parsed and counted, then its own work or its help. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { type Places, places } from "../places.ts";
import type { Config } from "./config.ts";
import { parse } from "./grammar.ts";
import { absolute } from "./path.ts";
import { helpHint } from "./usage.ts";
import type { Verb } from "./verb.ts";
import { type Entry, entryOf } from "./verbs.ts";

/**
 * Carries out a verb.
 * @param name one of `verbs`
 * @param flags --root and --run-root
 * @param typed how the user calls it, for help and errors: `container ls`
 * @returns the exit code
 */
export async function perform(
	name: string,
	args: readonly string[],
	flags: Partial<Places>,
	typed = name,
): Promise<number> {
	trace("time", `verb ${name} found`);
	const entry = entryOf(name) as Entry;
	const verb = await entry.load();
	const { values, operands, help } = parse(name, verb, args, typed);
	if (help) {
		const { verbHelp } = await import("./help.ts");
		writeOut(STDOUT, verbHelp(typed, entry.summary, verb));
		return 0;
	}
	count(typed, verb.operands, operands.length);
	if (verb.busy) Bun.unsafe.setJITPolicy(1);
	trace("time", "command line parsed");
	let known: Config | undefined;
	const config = async () => {
		known ??= (await import("./config.ts")).config();
		return known;
	};
	const run = verb.run({
		values,
		operands,
		config,
		open: async (options) => open(flags, config, options?.toLook ?? false),
	});
	return (await run) ?? 0;
}

function count(name: string, { least, most }: Verb["operands"], given: number): void {
	if (given >= least && (most === undefined || given <= most)) return;
	throw new Failure(`'bunker ${name}' ${requirement(least, most)}`, { hint: helpHint(name) });
}

/** docker's sentences (docker/cli, cli/required.go). */
function requirement(least: number, most: number | undefined): string {
	const plural = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
	if (most === 0) return "accepts no arguments";
	if (least === most) return `requires ${plural(least)}`;
	if (most === undefined) return `requires at least ${plural(least)}`;
	return least === 0 ? `requires at most ${plural(most)}` : `requires at least ${least} and at most ${plural(most)}`;
}

async function open(flags: Partial<Places>, config: () => Promise<Config>, toLook: boolean): Promise<Store> {
	if (process.geteuid?.() !== 0)
		throw new Failure("bunker needs root: start it as root, or with sudo", { exitCode: EXIT.refused });
	const at = absolutePlaces(flags, await config());
	const { openCopy, openStore } = await import("./store.ts");
	const store = toLook ? openCopy(at) : openStore(at);
	trace("time", "store opened");
	return store;
}

/** What monitors are told must be true from any directory. */
function absolutePlaces(flags: Partial<Places>, config: Config): Places {
	const { root, runRoot } = places(flags, { root: config.root, runRoot: config["run-root"] });
	return { root: absolute(root), runRoot: absolute(runRoot) };
}
