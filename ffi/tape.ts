/**
 * The layouts of ffi/helper/tape.h: job, step, policy, and the packets and
 * files of the monitor. test/unit/layout.test.ts compares them with the C.
 */

export const JOB = {
	magic: 0x31544b42,
	size: 48,
	offset: {
		magic: 0,
		size: 4,
		steps: 8,
		stepCount: 12,
		relocations: 16,
		relocationCount: 20,
		data: 24,
		dataSize: 28,
		policy: 32,
	},
} as const;

export const STEP = {
	size: 72,
	okay: 10,
	offset: { number: 0, flags: 2, out: 4, kind: 8, okay: 14, argument: 24 },
	/** enum step_flag */
	flag: { full: 1, monitor: 2, init: 4, store: 8, again: 16 },
	/** enum argument_kind */
	kind: { value: 0, address: 1, load: 2 },
} as const;

export const POLICY = {
	version: 4,
	size: 224,
	offset: {
		version: 0,
		flags: 4,
		control: 8,
		cli: 12,
		caller: 16,
		callerKind: 28,
		stdinPipe: 40,
		stdoutPipe: 48,
		stderrPipe: 56,
		terminalSocket: 64,
		reportPipe: 72,
		sync: 80,
		lock: 84,
		logDirectory: 88,
		runDirectory: 92,
		logDriver: 96,
		logMaxFiles: 100,
		logMaxSize: 104,
		logName: 112,
		home: 116,
		cleanup: 120,
		cleanupEnvironment: 124,
		delay: 128,
		firstDelay: 136,
		goodRun: 144,
		logAttributes: 152,
		probe: 156,
		healthRetries: 160,
		healthInterval: 168,
		healthTimeout: 176,
		healthStartPeriod: 184,
		healthStartInterval: 192,
		oomWake: 200,
		oomFile: 204,
		cgroups: 208,
		ports: 212,
		portCount: 216,
	},
	/** enum policy_flag */
	flag: { terminal: 1, exec: 2, remove: 4, detached: 8, stdinOnce: 16, restart: 32, onFailure: 64 },
	/** enum caller_kind */
	caller: { none: 0, own: 1, socket: 2, file: 3, shared: 4 },
	/** enum log_driver */
	log: { none: 0, local: 1, "json-file": 2 },
} as const;

/** struct port: a socket that holds a published port, and where what arrives there is copied to. */
export const PORT = { size: 36, offset: { fd: 0, family: 4, type: 6, target: 8 } } as const;

/** The undo list in the run directory (DETACH_NAME). */
export const DETACH = "detach";

/** The byte on report_pipe right before execve. */
export const REPORT_READY = 0x52;

/** The descriptor of the job in the helper; 0 to 2 are /dev/null. */
export const JOB_DESCRIPTOR = 3;

/** enum packet_type */
export const PACKET = {
	version: 1,
	header: 12,
	type: {
		forked: 1,
		failed: 2,
		started: 3,
		exited: 4,
		output: 5,
		attached: 6,
		refused: 7,
		skipped: 8,
		input: 16,
		inputEnd: 17,
		resize: 18,
		signal: 19,
		attach: 20,
		restart: 21,
		ports: 22,
	},
} as const;

/** The attach socket in the run directory, and enum attach_stream. */
export const ATTACH = { name: "attach", stdin: 1, stdout: 2, stderr: 4 } as const;

/** A packet on the control socket. */
export interface Packet {
	type: number;
	value: number;
	extra: number;
}

/** The header of a packet; undefined if it is none of ours. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
	if (bytes.length < PACKET.header || bytes[0] !== PACKET.version) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	return { type: bytes[1] as number, value: view.getInt32(4, true), extra: view.getInt32(8, true) };
}

/** A packet without data. */
export function encodePacket(type: number, value: number): Uint8Array {
	const bytes = new Uint8Array(PACKET.header);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, PACKET.version);
	view.setUint8(1, type);
	view.setInt32(4, value, true);
	return bytes;
}

/** Nanoseconds in a millisecond. */
const NANOSECONDS = 1_000_000n;

/**
 * What a monitor is told of a restart policy that has changed (struct restart_rule).
 * @param rule in milliseconds; undefined: nobody restarts it
 */
export function encodeRestart(
	rule: { onFailure: boolean; delay: number; firstDelay: number; goodRun: number } | undefined,
): Uint8Array {
	const { restart, onFailure } = POLICY.flag;
	const flags = rule ? restart | (rule.onFailure ? onFailure : 0) : 0;
	const bytes = new Uint8Array(PACKET.header + 24);
	bytes.set(encodePacket(PACKET.type.restart, flags));
	const view = new DataView(bytes.buffer, PACKET.header);
	[rule?.delay, rule?.firstDelay, rule?.goodRun].forEach((time = 0, index) => {
		view.setBigUint64(index * 8, BigInt(time) * NANOSECONDS, true);
	});
	return bytes;
}

/** struct ports_moved: where published ports lead from now on. @param addresses 4 or 16 bytes; none: nowhere */
export function encodePortsMoved(addresses: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(PACKET.header + 28);
	bytes.set(encodePacket(PACKET.type.ports, 0));
	const view = new DataView(bytes.buffer, PACKET.header);
	for (const address of addresses) {
		const six = address.length === 16;
		view.setUint32(six ? 4 : 0, 1, true);
		bytes.set(address, PACKET.header + (six ? 12 : 8));
	}
	return bytes;
}

/** What the monitor wrote when the program had started. */
export interface State {
	monitor: number;
	/** clock ticks since boot, field 22 of /proc/PID/stat */
	monitorStart: bigint;
	program: number;
	programStart: bigint;
	/** nanoseconds since the epoch */
	started: bigint;
}

/** Decodes `struct state`; undefined if it is cut or of another version. */
export function decodeState(bytes: Uint8Array): State | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (bytes.length < 40 || view.getUint32(0, true) !== 1) return undefined;
	return {
		monitor: view.getInt32(4, true),
		monitorStart: view.getBigUint64(8, true),
		program: view.getInt32(16, true),
		programStart: view.getBigUint64(24, true),
		started: view.getBigUint64(32, true),
	};
}

/** An entry of the record file. */
export interface RecordEntry {
	kind: number;
	/** exit code, or 128 + signal; of a waiter its pid; of an OOM kill how many there were by then, in this run */
	status: number;
	/** nanoseconds since the epoch; of a waiter when it started, clock ticks since boot */
	time: bigint;
}

/** enum record_kind */
export const RECORD_DIED = 1;
export const RECORD_WAITS = 2;
export const RECORD_OOM = 3;
const RECORD_SIZE = 24;

/** Decodes a file of `struct record`s; a cut one at the end is not there. */
export function decodeRecords(bytes: Uint8Array): RecordEntry[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const found: RecordEntry[] = [];
	for (let at = 0; at + RECORD_SIZE <= bytes.length; at += RECORD_SIZE) {
		if (view.getUint32(at, true) !== 1) continue;
		found.push({
			kind: view.getUint32(at + 4, true),
			status: view.getInt32(at + 8, true),
			time: view.getBigUint64(at + 16, true),
		});
	}
	return found;
}

/** The file `health`: struct health, then the results' slots. */
export const HEALTH = {
	version: 1,
	size: 544,
	offset: { version: 0, status: 4, streak: 8, results: 16, changes: 24, change: 32 },
	/** ring of changes: how many, and bytes of each */
	changes: 32,
	changeSize: 16,
	/** ring of results */
	slots: 6,
	resultSize: 4128,
	result: { start: 0, end: 8, status: 16, error: 20, step: 24, size: 28, output: 32 },
	output: 4096,
	/** made in the run directory before a container is thawed */
	thawed: "thawed",
} as const;

/** Where a probe's tape finds its descriptors (PROBE_PROGRAM …). */
export const PROBE = { program: 3, output: 4, report: 5, cgroup: 6 } as const;

/** The state of a health check; `status` 0 starting, 1 healthy, 2 unhealthy. */
export interface HealthHead {
	status: number;
	streak: number;
	/** probes that have ended */
	results: number;
	/** changes of the status, all that there were */
	changes: number;
	/** the last of them, at most 32, the oldest first; times in nanoseconds since the epoch */
	recent: { status: number; time: bigint }[];
}

/** Decodes the head; undefined if it is cut or of another version. */
export function decodeHealth(bytes: Uint8Array): HealthHead | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const { offset } = HEALTH;
	if (bytes.length < HEALTH.size || view.getUint32(offset.version, true) !== HEALTH.version) return undefined;
	const changes = Number(view.getBigUint64(offset.changes, true));
	const recent: HealthHead["recent"] = [];
	for (let at = Math.max(0, changes - HEALTH.changes); at < changes; at++) {
		const place = offset.change + (at % HEALTH.changes) * HEALTH.changeSize;
		recent.push({ time: view.getBigUint64(place, true), status: view.getUint32(place + 8, true) });
	}
	return {
		status: view.getUint32(offset.status, true),
		streak: view.getUint32(offset.streak, true),
		results: Number(view.getBigUint64(offset.results, true)),
		changes,
		recent,
	};
}

/** How a probe ended. */
export interface ProbeResult {
	/** nanoseconds since the epoch */
	start: bigint;
	end: bigint;
	/** as that of a program; -1: it was killed after its time */
	status: number;
	/** errno of the step that failed */
	error: number;
	/** its index + 1; 0: none has */
	step: number;
	output: Uint8Array;
	/** there was more of it */
	truncated: boolean;
}

/** The last results in the file, the oldest first; the slot behind the newest may be being written. */
export function decodeProbes(bytes: Uint8Array, head: HealthHead): ProbeResult[] {
	const first = Math.max(0, head.results - (HEALTH.slots - 1));
	const found: ProbeResult[] = [];
	for (let at = first; at < head.results; at++) {
		const place = HEALTH.size + (at % HEALTH.slots) * HEALTH.resultSize;
		const slot = bytes.subarray(place, place + HEALTH.resultSize);
		if (slot.length >= HEALTH.result.output) found.push(decodeProbe(slot));
	}
	return found;
}

function decodeProbe(slot: Uint8Array): ProbeResult {
	const view = new DataView(slot.buffer, slot.byteOffset, slot.length);
	const { result, output } = HEALTH;
	const size = view.getUint32(result.size, true);
	return {
		start: view.getBigUint64(result.start, true),
		end: view.getBigUint64(result.end, true),
		status: view.getInt32(result.status, true),
		error: view.getInt32(result.error, true),
		step: view.getUint32(result.step, true),
		output: slot.slice(result.output, result.output + Math.min(size, output)),
		truncated: size > output,
	};
}
