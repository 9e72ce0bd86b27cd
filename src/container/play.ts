/**
 * Playing a tape: the helper is started, the sync answered, and whatever keeps
 * the program from starting becomes an error with the sentence of its step.
 */

import { O_RDWR } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { openPid, sendSignal, waitReadable } from "../../ffi/process.ts";
import { receive, send } from "../../ffi/socket.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { decodePacket, PACKET } from "../../ffi/tape.ts";
import { trace, traces } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Step } from "../kernel/tape.ts";
import type { Compiled, Descriptors } from "../runtime/runtime.ts";
import { stepFailure } from "./step-failure.ts";

const SIGKILL = 9;
/** Milliseconds in which a process that is ending has ended. */
const GRACE = 100;

/** What is needed to play a compiled tape. */
export interface Launch {
	compiled: Compiled;
	descriptors: Descriptors;
	/** our end of the control socket, and the helper's, which is closed here */
	control: [ours: number, helpers: number];
	/** the same of the child's sync socket; undefined where the tape has no sync */
	sync?: [ours: number, childs: number];
	/** shown by `ps` behind the monitor's name */
	title: string;
	/** what is done once the helper, which becomes the monitor, is there */
	spawned?: (monitor: number) => void;
	/** what is done from outside while the child makes its root, given the child's pid */
	forked?: (pid: number) => void | Promise<void>;
	/** the answer to the sync, given the child's pid */
	answer?: (pid: number) => Promise<Uint8Array>;
}

/**
 * Starts the helper and waits until the program runs.
 * @returns the pid of the program
 * @throws Failure with the sentence of the step that failed; 126 or 127 if the program is at fault, else 125
 */
export async function play(launch: Launch): Promise<number> {
	const { compiled, descriptors, control, sync } = launch;
	traceSteps(compiled.tape.steps);
	const job = sealedMemfd("bunker-job", compiled.tape.encode(compiled.policy.place));
	trace("time", "tape encoded");
	const helper = spawnHelper(descriptors.withJob(job), launch.title);
	trace("time", "helper started");
	launch.spawned?.(helper.pid);
	for (const fd of [job, helper.pidfd, control[1]]) close(fd);
	if (sync) close(sync[1]);
	const child = expectPacket(launch, PACKET.type.forked);
	const pidfd = openPid(child);
	try {
		await workOutside(launch, child, pidfd);
		if (sync) await answerSync(launch, sync[0], child);
		const pid = expectPacket(launch, PACKET.type.started);
		trace("time", "program started");
		return pid;
	} catch (error) {
		// Usually it is dead already; not if it was its monitor that was killed.
		if (pidfd !== undefined) sendSignal(pidfd, SIGKILL);
		throw error;
	} finally {
		if (pidfd !== undefined) close(pidfd);
	}
}

/** It fails, too, where the child has died of a step of its own meanwhile: then that is the reason. */
async function workOutside(launch: Launch, child: number, pidfd: number | undefined): Promise<void> {
	try {
		await launch.forked?.(child);
	} catch (error) {
		// Its namespaces go before it is seen to have ended.
		if (pidfd !== undefined && waitReadable([pidfd], GRACE).length === 0) throw error;
		expectPacket(launch, PACKET.type.started);
		throw error;
	}
}

/** Answers what the tape asks for in the middle. */
async function answerSync(launch: Launch, sync: number, child: number): Promise<void> {
	try {
		// Closed without a word: a step has failed, which the control socket tells.
		if (!receive(sync, 1)) return;
		trace("time", "root made, user asked for");
		const answer = launch.answer as NonNullable<Launch["answer"]>;
		send(sync, await answer(child));
		trace("time", "user answered");
	} finally {
		close(sync);
	}
}

function expectPacket(launch: Launch, type: number): number {
	for (;;) {
		const bytes = receive(launch.control[0], PACKET.header);
		const packet = bytes && decodePacket(bytes);
		if (!packet) throw new Failure("start the program: the monitor was killed", { exitCode: EXIT.refused });
		if (packet.type === type) return packet.value;
		if (packet.type === PACKET.type.failed) throw stepFailure(launch.compiled.tape.steps, packet.value, packet.extra);
	}
}

/** Prints the steps for BUNKER_TRACE=tape. */
export function traceSteps(steps: readonly Step[]): void {
	if (!traces("tape")) return;
	steps.forEach((step, index) => {
		trace("tape", `step ${index + 1}/${steps.length}: ${step.what}`);
	});
}

/** A descriptor of /dev/null, for the helper's own streams. */
export function openNull(): number {
	return open("/dev/null", O_RDWR);
}
