/** `exec`: a further program in a running container. */

import { O_RDONLY } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { isAlive, openProcess, openSelf, ownCapabilities } from "../../ffi/process.ts";
import { terminalSize } from "../../ffi/session.ts";
import { packetPair } from "../../ffi/socket.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import {
	capabilitiesOf,
	compileExec,
	Descriptors,
	type Identity,
	type Process,
	type Spec,
	USER_ANNOTATION,
} from "../runtime/runtime.ts";
import { callerStreams } from "./callers.ts";
import { cgroupsOfProcess } from "./cgroups.ts";
import { noteExec } from "./events.ts";
import { look } from "./looking.ts";
import { openNull, play } from "./play.ts";
import { setsOf } from "./privileges.ts";
import { mergeVariables } from "./program.ts";
import { readSpec } from "./run-directory.ts";
import { detachedEarly, follow } from "./session.ts";
import { notRunning } from "./state.ts";
import { type Container, find } from "./table.ts";
import { userIn } from "./who.ts";

const STDOUT = 1;
/** docker: what cannot be started for any reason but "not found". */
const EXEC_REFUSED = 126;
/** docker: what runc has refused, for a reason that docker does not know. */
const EXEC_UNKNOWN = 128;

export interface ExecOptions {
	command: string[];
	env: string[];
	workingDirectory?: string;
	user?: string;
	interactive: boolean;
	tty: boolean;
	detach: boolean;
	/** it gets all capabilities, whatever the container has */
	privileged: boolean;
	/** as typed */
	detachKeys?: string;
	/** called once it is known that there is such a container: docker looks at the caller's terminal then */
	found?: () => void;
}

/**
 * Runs a program in a container.
 * @returns its exit code; 0 with `detach` once it has started
 * @throws Failure: 1 if the container does not run, 126 to 128 if the program cannot be started
 */
export async function exec(store: Store, name: string, options: ExecOptions): Promise<number> {
	const container = find(store, name);
	options.found?.();
	const seen = await look(store, container);
	const { running } = seen;
	const spec = readSpec(store, container.id);
	const target = running && openProcess(running.program, running.programStart);
	if (!running || !spec || target === undefined) throw notRunning(name, seen);
	if (seen.paused) throw new Failure(`container ${name} is paused, unpause the container before exec`);

	const streams = { stdin: options.interactive, stdout: true, stderr: true };
	let control: number;
	try {
		control = await startIn(container, { target, program: running.program, spec, streams }, options);
	} catch (error) {
		if (isAlive(running.program, running.programStart)) throw error;
		// It has ended under our hands, where every step fails in a way of its own; it may be back by now.
		const now = await look(store, container);
		const isBack = now.running !== undefined && now.running.started !== running.started;
		throw isBack ? new Failure(`exec in ${name}: the container was restarted meanwhile`) : notRunning(name, now);
	}
	close(target);
	const notes = noteExec(store, container, options.command);
	if (options.detach) return 0;
	const { tty, detachKeys } = options;
	const end = follow(control, { tty, streams, forwardSignals: false, detachKeys, outlives: true });
	if (end.detached) notes.detached();
	if (end.detached) throw detachedEarly();
	if (end.ended) notes.ended(end.exitCode);
	return end.exitCode;
}

/** The container as it was found. */
interface Target {
	/** pidfd of its first process */
	target: number;
	/** the pid of that */
	program: number;
	spec: Spec;
	/** of the caller's, which the program gets */
	streams: { stdin: boolean; stdout: boolean; stderr: boolean };
}

/** Starts the program. @returns our end of its monitor's control socket */
async function startIn(
	container: Container,
	{ target, program, spec, streams }: Target,
	options: ExecOptions,
): Promise<number> {
	const user = options.user ?? spec.annotations[USER_ANNOTATION] ?? "";
	const identity = identify(program, user, container.options.groups);
	checkDirectory(options.workingDirectory);
	const descriptors = new Descriptors(openNull());
	const control = packetPair();
	const numbers = {
		control: descriptors.pass(control[1]),
		cli: options.detach ? -1 : descriptors.pass(openSelf()),
		pidfd: descriptors.pass(target),
		home: descriptors.pass(open("/proc/self/ns/mnt", O_RDONLY)),
		callers: options.tty || options.detach ? [] : callerStreams(descriptors, streams),
	};
	const compiled = compileExec(processOf(spec, options), {
		pidfd: numbers.pidfd,
		cgroups: cgroupsOfProcess(program),
		identity,
		user,
		stdio: {
			terminal: options.tty,
			size: options.tty && !options.detach ? terminalSize(STDOUT) : undefined,
			interactive: options.interactive,
		},
		policy: {
			terminal: options.tty,
			exec: true,
			remove: false,
			detached: options.detach,
			control: numbers.control,
			cli: numbers.cli,
			callers: numbers.callers,
			sync: -1,
			lock: -1,
			runDirectory: -1,
			logDirectory: -1,
			home: numbers.home,
			log: { driver: "none", maxSize: 0, maxFiles: 1, name: "" },
		},
	});
	await playExec(compiled, descriptors, control, container.id);
	return control[0];
}

/** An unknown user is docker's own error, not one of the start: 1. */
function identify(pid: number, user: string, groups: readonly string[] | undefined): Identity {
	try {
		return userIn(pid, user, groups);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(1) : error;
	}
}

/** runc says so when the program is to be started (moby, daemon/errors.go: what it does not know is 128). */
function checkDirectory(directory: string | undefined): void {
	if (directory === undefined || directory.startsWith("/")) return;
	const why = "it must be an absolute path";
	throw new Failure(`exec: the working directory ${JSON.stringify(directory)}: ${why}`, { exitCode: EXEC_UNKNOWN });
}

/** As the container's first process, with what exec says. */
function processOf(spec: Spec, options: ExecOptions): Process {
	const terminal = options.tty ? ["TERM=xterm"] : [];
	return {
		...spec.process,
		terminal: options.tty,
		args: options.command,
		env: mergeVariables(spec.process.env, terminal, options.env),
		cwd: options.workingDirectory ?? spec.process.cwd,
		...(options.privileged && { capabilities: setsOf(capabilitiesOf(ownCapabilities())) }),
	};
}

async function playExec(
	compiled: Parameters<typeof play>[0]["compiled"],
	descriptors: Descriptors,
	control: [number, number],
	id: string,
): Promise<void> {
	try {
		await play({ compiled, descriptors, control, title: `exec ${id.slice(0, 12)}` });
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		// `-w` with a directory that is not there counts as not found, as everything ENOENT does.
		const missing = error.exitCode === 127 || error.message.includes("ENOENT");
		throw error.withExitCode(missing ? 127 : EXEC_REFUSED);
	}
}
