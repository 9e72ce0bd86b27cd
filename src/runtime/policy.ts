/** The monitor's policy (struct policy of ffi/helper/tape.h), written into the data of a tape. */

import { POLICY, PORT } from "../../ffi/tape.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";

/** in a millisecond */
const NANOSECONDS = 1_000_000;

/** How one of the caller's descriptors may be used; numbers are the helper's. */
export interface Caller {
	fd: number;
	kind: keyof typeof POLICY.caller;
}

/** A socket that holds a published port (struct port). */
export interface HeldPort {
	/** its number in the helper; those of one container follow one another */
	fd: number;
	/** AF_INET, AF_INET6 */
	family: number;
	/** SOCK_STREAM, SOCK_DGRAM */
	type: number;
	/** struct sockaddr: where in the container what arrives there is copied to */
	target: Uint8Array;
}

export interface PolicyOptions {
	terminal: boolean;
	exec: boolean;
	/** run `cleanup` at the end if no CLI is there */
	remove: boolean;
	detached: boolean;
	/** the first client that ends its input ends the program's */
	stdinOnce?: boolean;
	/** descriptor numbers in the helper; -1: none */
	control: number;
	cli: number;
	sync: number;
	lock: number;
	runDirectory: number;
	/** the namespace that the monitor goes back to, which its child was made in another of; -1: it never left */
	home: number;
	logDirectory: number;
	/** stdin, stdout, stderr of the CLI for a session without a terminal */
	callers: (Caller | undefined)[];
	log: { driver: keyof typeof POLICY.log; maxSize: number; maxFiles: number; name: string; attributes?: string };
	/** the end wakes bunker up, by way of `cleanup`, after so many milliseconds; undefined: it does not */
	restart?: { onFailure: boolean; delay: number; firstDelay: number; goodRun: number };
	/** the memfd of the job that checks the program's health, and its numbers; durations in nanoseconds */
	health?: {
		probe: number;
		retries: number;
		interval: number;
		timeout: number;
		startPeriod: number;
		startInterval: number;
	};
	/** OOM kills: what is ready when memory runs out, and what counts them; one number on cgroup v2 */
	oom?: { wake: number; file: number };
	/** the container's directories in all hierarchies, absolute: they end with its program; first the one that is asked for members */
	cgroups?: readonly string[];
	/** the sockets of published ports */
	ports?: readonly HeldPort[];
	/** argv and environment of the clean-up: also where none is asked for yet, since `update --restart` may */
	cleanup?: { argv: string[]; environment: readonly string[] };
}

/** Places in the policy that steps of the tape fill or read. */
export class Policy {
	readonly stdinPipe: Place;
	readonly stdoutPipe: Place;
	readonly stderrPipe: Place;
	readonly terminalSocket: Place;
	/** The child's end of report_pipe, and the monitor's. */
	readonly report: Load;
	readonly heard: Load;

	constructor(readonly place: Place) {
		const { offset } = POLICY;
		this.stdinPipe = place.plus(offset.stdinPipe);
		this.stdoutPipe = place.plus(offset.stdoutPipe);
		this.stderrPipe = place.plus(offset.stderrPipe);
		this.terminalSocket = place.plus(offset.terminalSocket);
		this.report = new Load(place.plus(offset.reportPipe + 4));
		this.heard = new Load(place.plus(offset.reportPipe));
	}
}

/** A tape, and the policy of the monitor that it makes. */
export interface Compiled {
	tape: Tape;
	policy: Policy;
}

/**
 * In the child, before any path of the container is looked up: closes what the
 * helper was given. The container's directories are among it, and a link or a
 * working directory like /proc/self/fd/7/../.. would lead out through them
 * (CVE-2024-21626).
 */
export function closeGiven(
	tape: Tape,
	policy: Policy,
	{ control, cli, sync, lock, runDirectory, logDirectory, home, health, oom, ports, callers }: PolicyOptions,
): void {
	const given = {
		"the control socket": control,
		"the pidfd of bunker": cli,
		"the container's lock": lock,
		"the run directory": runDirectory,
		"the container's directory": logDirectory,
		"the namespace that the monitor goes back to": home,
		"the health check": health?.probe ?? -1,
		"the count of OOM kills": oom?.file ?? -1,
		"the notice of OOM kills": oom && oom.wake !== oom.file ? oom.wake : -1,
		"bunker's stdin": callers[0]?.fd ?? -1,
		"bunker's stdout": callers[1]?.fd ?? -1,
		"bunker's stderr": callers[2]?.fd ?? -1,
	};
	for (const [name, fd] of Object.entries(given)) if (fd >= 0 && fd !== sync) tape.step(`close ${name}`, "close", [fd]);
	const [first] = ports ?? [];
	if (ports && first)
		tape.step("close the sockets of published ports", "close_range", [first.fd, first.fd + ports.length - 1, 0]);
	tape.step("close the monitor's end of the report, so that its death is noticed", "close", [policy.heard]);
}

/** Writes a policy into a tape. */
export function writePolicy(tape: Tape, options: PolicyOptions): Policy {
	const { offset, flag, caller, log } = POLICY;
	const place = tape.block(POLICY.size);
	const set = (at: number, value: number) => tape.word32(place.plus(at), value);
	let flags = 0;
	for (const name of ["terminal", "exec", "remove", "detached", "stdinOnce"] as const)
		if (options[name]) flags |= flag[name];
	if (options.restart) flags |= flag.restart | (options.restart.onFailure ? flag.onFailure : 0);
	set(offset.version, POLICY.version);
	set(offset.flags, flags);
	for (const name of ["control", "cli", "sync", "lock", "runDirectory", "logDirectory", "home"] as const)
		set(offset[name], options[name]);
	for (let index = 0; index < 3; index++) {
		const one = options.callers[index];
		set(offset.caller + index * 4, one?.fd ?? -1);
		set(offset.callerKind + index * 4, caller[one?.kind ?? "none"]);
	}
	for (const pair of [offset.stdinPipe, offset.stdoutPipe, offset.stderrPipe, offset.terminalSocket, offset.reportPipe])
		for (const at of [pair, pair + 4]) set(at, -1);
	set(offset.logDriver, log[options.log.driver]);
	set(offset.logMaxFiles, options.log.maxFiles);
	tape.word64(place.plus(offset.logMaxSize), options.log.maxSize);
	set(offset.logName, tape.text(options.log.name).offset);
	writeHealth(tape, place, options.health);
	for (const name of ["delay", "firstDelay", "goodRun"] as const)
		tape.word64(place.plus(offset[name]), (options.restart?.[name] ?? 0) * NANOSECONDS);
	set(offset.logAttributes, tape.text(options.log.attributes ?? "").offset);
	set(offset.oomWake, options.oom?.wake ?? -1);
	set(offset.oomFile, options.oom?.file ?? -1);
	writePorts(tape, place, options.ports ?? []);
	if (options.cgroups) set(offset.cgroups, tape.pointers(options.cgroups.map((path) => tape.text(path))).offset);
	if (options.cleanup) {
		set(offset.cleanup, tape.pointers(options.cleanup.argv.map((one) => tape.text(one))).offset);
		set(offset.cleanupEnvironment, tape.pointers(options.cleanup.environment.map((one) => tape.text(one))).offset);
	}
	return new Policy(place);
}

function writePorts(tape: Tape, place: Place, ports: readonly HeldPort[]): void {
	if (ports.length === 0) return;
	const block = new Uint8Array(ports.length * PORT.size);
	const view = new DataView(block.buffer);
	for (let index = 0; index < ports.length; index++) {
		const { fd, family, type, target } = ports[index] as HeldPort;
		const at = index * PORT.size;
		view.setInt32(at + PORT.offset.fd, fd, true);
		view.setUint16(at + PORT.offset.family, family, true);
		view.setUint16(at + PORT.offset.type, type, true);
		block.set(target, at + PORT.offset.target);
	}
	tape.word32(place.plus(POLICY.offset.ports), tape.bytes(block).offset);
	tape.word32(place.plus(POLICY.offset.portCount), ports.length);
}

function writeHealth(tape: Tape, place: Place, health: PolicyOptions["health"]): void {
	const { offset } = POLICY;
	tape.word32(place.plus(offset.probe), health?.probe ?? -1);
	if (!health) return;
	tape.word32(place.plus(offset.healthRetries), health.retries);
	tape.word64(place.plus(offset.healthInterval), health.interval);
	tape.word64(place.plus(offset.healthTimeout), health.timeout);
	tape.word64(place.plus(offset.healthStartPeriod), health.startPeriod);
	tape.word64(place.plus(offset.healthStartInterval), health.startInterval);
}
