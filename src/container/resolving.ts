/** The resolver's process (`__resolve`): what it asks of containers, and how it ends. */

import { close, unlink } from "../../ffi/file.ts";
import { isAlive, openProcess } from "../../ffi/process.ts";
import { attempt } from "../../ffi/system.ts";
import type { Store } from "../kernel/store.ts";
import { type Containers, resolver } from "../names/names.ts";
import { resolversDirectory } from "../places.ts";
import { lockNames, RESOLVER_DESCRIPTORS } from "./naming.ts";
import { hostResolvers } from "./provided.ts";
import { type Asked, upstreamsOf } from "./resolvers.ts";
import { readState } from "./run-directory.ts";
import { stayingWith } from "./staying.ts";
import { byId } from "./table.ts";
import { isResolver, networkOf, unwatch, watched } from "./watched.ts";

const PR_SET_NAME = 15;
const STDERR = 2;

/**
 * Serves the containers of a network until the last has gone.
 * @param adopt another one was killed
 */
export async function resolve(store: Store, network: string, adopt: boolean): Promise<void> {
	const { job, listening, log } = RESOLVER_DESCRIPTORS;
	attempt("prctl", PR_SET_NAME, "bunker-names");
	attempt("dup3", log, STDERR, 0);
	close(log);
	close(job);
	const { Resolver } = await resolver();
	new Resolver(store, network, listening, containersOf(store, network)).run(adopt);
}

function containersOf(store: Store, network: string): Containers {
	return {
		mayRun: (id) => {
			const state = readState(store, id);
			// None: it is just starting; who ends gives its addresses back before that goes.
			return state === undefined || isAlive(state.program, state.programStart);
		},
		name: (id) => store.first<{ name: string }>("SELECT name FROM container WHERE id = ?", id)?.name,
		staying: () => stayingWith(store, network),
		open: (id) => {
			const state = readState(store, id);
			return state && isAlive(state.program, state.programStart)
				? openProcess(state.program, state.programStart)
				: undefined;
		},
		policy: (id) => {
			const host = hostResolvers();
			const options: Asked = byId(store, id)?.options ?? {};
			return { servers: upstreamsOf(host, options), keepsSingle: keepsSingle(options.dnsOptions ?? host.options) };
		},
		mayEnd: (isIdle) => {
			using _lock = lockNames(store);
			if (!isIdle()) return false;
			// There are none: what goes is notes.
			stayingWith(store, network);
			for (const name of [network, `${network}.log`]) unlink(`${resolversDirectory(store.places)}/${name}`);
			for (const mark of watched(store))
				if (isResolver(mark) && networkOf(mark) === network && mark.pid === process.pid) unwatch(store, mark);
			return true;
		},
	};
}

/** `ndots:N`, N more than 0: the client appends its search domains itself. */
const keepsSingle = (options: readonly string[]): boolean => options.some((option) => /^ndots:0*[1-9]/.test(option));
