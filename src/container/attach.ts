/** `attach`: a further client of a program that runs, by its monitor's socket. */

import { O_RDONLY } from "../../ffi/constants.ts";
import { close, openIfThere } from "../../ffi/file.ts";
import { isTerminal, STDIN } from "../../ffi/output.ts";
import { openProcess } from "../../ffi/process.ts";
import { connectIn, receive, send } from "../../ffi/socket.ts";
import { ATTACH, decodePacket, encodePacket, PACKET } from "../../ffi/tape.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import type { Streams } from "./callers.ts";
import { note } from "./events.ts";
import { look } from "./looking.ts";
import { follow, type SessionEnd } from "./session.ts";
import { type Look, stateName } from "./state.ts";
import { lastEnd } from "./stop.ts";
import { find } from "./table.ts";

export interface AttachOptions {
	/** our stdin goes to the program, if it has one */
	stdin: boolean;
	/** signals that reach bunker go to the program, if it has no terminal */
	signalProxy: boolean;
	/** as typed */
	detachKeys?: string;
}

/**
 * Attaches to a container that runs, until it ends or the user detaches.
 * @throws Failure if it does not run, has as many clients as it takes, or was started by a bunker without attach
 */
export async function attach(store: Store, name: string, options: AttachOptions): Promise<SessionEnd> {
	const seen = await look(store, find(store, name));
	const { container, running } = seen;
	if (running && options.stdin && container.options.tty && !isTerminal(STDIN))
		throw new Failure("the input device is not a TTY");
	return attachTo(store, name, seen, options);
}

/** As `attach`, for a container that has been looked at; it may have ended since. */
export function attachTo(store: Store, name: string, seen: Look, options: AttachOptions): SessionEnd {
	const { container, running } = seen;
	const { tty, interactive } = container.options;
	if (!running) throw stateName(seen) === "restarting" ? restarting(name) : stopped(name);
	if (seen.paused) throw paused(name);
	const directory = runDirectory(store.places, container.id);
	// Opened before, since with --rm it goes.
	const record = openIfThere(`${directory}/record`, O_RDONLY);
	const streams = { stdin: options.stdin && interactive, stdout: true, stderr: true };
	const control = connect(directory, name, streams);
	note(store, container, "attach");
	const end = follow(control, {
		tty,
		streams,
		forwardSignals: options.signalProxy && !tty,
		detachKeys: options.detachKeys,
		guest: {
			program: openProcess(running.program, running.programStart) ?? -1,
			recorded: () => (record === undefined ? undefined : lastEnd(record)),
		},
	});
	if (end.detached) note(store, container, "detach");
	return end;
}

function connect(directory: string, name: string, streams: Streams): number {
	const control = connectIn(directory, ATTACH.name);
	if (control === "refused") throw stopped(name);
	if (control === undefined)
		throw new Failure(`attach to ${name}: it was started by an older bunker, which had no attach`, {
			hint: `Restart it, or read it with 'bunker logs -f ${name}'`,
		});
	try {
		introduce(control, name, streams);
		return control;
	} catch (error) {
		close(control);
		throw error;
	}
}

function introduce(control: number, name: string, streams: Streams): void {
	let wanted = 0;
	for (const stream of ["stdin", "stdout", "stderr"] as const) if (streams[stream]) wanted |= ATTACH[stream];
	send(control, encodePacket(PACKET.type.attach, wanted));
	const bytes = receive(control, PACKET.header);
	const answer = bytes && decodePacket(bytes);
	if (answer?.type === PACKET.type.refused)
		throw new Failure(`attach to ${name}: ${answer.value} clients are attached already, and it takes no more`, {
			hint: "End one of them (the detach keys do), or read it with 'bunker logs -f'",
		});
	// Closed without a word: it has ended since we looked.
	if (!bytes) throw stopped(name);
	if (answer?.type !== PACKET.type.attached)
		throw new Failure(`attach to ${name}: its monitor, of another version of bunker, does not understand us`);
}

/** docker's sentences. */
function stopped(name: string): Failure {
	return new Failure(`attach to ${name}: you cannot attach to a stopped container, start it first`);
}

function paused(name: string): Failure {
	return new Failure(`attach to ${name}: you cannot attach to a paused container, unpause it first`);
}

function restarting(name: string): Failure {
	return new Failure(`attach to ${name}: you cannot attach to a restarting container, wait until it is running`);
}
