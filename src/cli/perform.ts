/** Carries out one verb: its arguments parsed and counted, then its own work or its help. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Config } from "../flags/config.ts";
import { parse } from "../flags/grammar.ts";
import { helpHint } from "../flags/usage.ts";
import type { Store } from "../kernel/store.ts";
import { type Places, places } from "../places.ts";
import { absolute } from "../text/path.ts";
import type { Input, Opening, Verb } from "./verb.ts";
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
	// The usual way to ask for it; among other arguments only the grammar knows.
	if (args.length === 1 && args[0] === "--help") return printHelp(name, typed);
	const verb = await entry.load();
	const { values, operands, help } = parse(name, verb, args, typed);
	if (help) return printHelp(name, typed);
	count(typed, verb.operands, operands.length);
	if (verb.busy) Bun.unsafe.setJITPolicy(1);
	trace("time", "command line parsed");
	let store: Store | undefined;
	const { config, open: reach } = access(flags);
	const open: Input["open"] = async (options) => {
		store = await reach(options);
		return store;
	};
	try {
		return (await verb.run({ values, operands, config, open })) ?? 0;
	} finally {
		if (store) await (await import("./store.ts")).leave(store);
	}
}

async function printHelp(name: string, typed: string): Promise<number> {
	const [{ verbHelp }, { declarationOf }] = await Promise.all([import("./help.ts"), import("./declarations.ts")]);
	writeOut(STDOUT, verbHelp(typed, (entryOf(name) as Entry).summary, declarationOf(name)));
	return 0;
}

/** The configuration and the store, each read when it is asked for; `openIfThere` makes no store, and needs no root. */
export function access(
	flags: Partial<Places>,
): Pick<Input, "config" | "open"> & { openIfThere(): Promise<Store | undefined> } {
	let known: Config | undefined;
	const config = async () => {
		known ??= (await import("../flags/config.ts")).config();
		return known;
	};
	const at = async () => absolutePlaces(flags, await config());
	return {
		config,
		open: async (options) => {
			const store = await open(await at(), options);
			const pools = known?.["default-address-pools"];
			if (pools) (await import("./address-pools.ts")).usePools(pools);
			return store;
		},
		openIfThere: async () => openIfThere(await at()),
	};
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

async function open(at: Places, { toLook, alone }: Opening = {}): Promise<Store> {
	if (!isRoot()) throw new Failure("bunker needs root: start it as root, or with sudo", { exitCode: EXIT.refused });
	const { arrive, openCopy, openStore } = await import("./store.ts");
	const store = toLook ? openCopy(at) : openStore(at);
	trace("time", "store opened");
	if (toLook || alone) return store;
	await arrive(store);
	trace("time", "killed monitors looked for");
	return store;
}

async function openIfThere(at: Places): Promise<Store | undefined> {
	const { storeIsThere, openStore } = await import("./store.ts");
	return isRoot() && storeIsThere(at) ? openStore(at) : undefined;
}

const isRoot = (): boolean => process.geteuid?.() === 0;

/** What monitors are told must be true from any directory. */
function absolutePlaces(flags: Partial<Places>, config: Config): Places {
	const { root, runRoot } = places(flags, { root: config.root, runRoot: config["run-root"] });
	return { root: absolute(root), runRoot: absolute(runRoot) };
}
