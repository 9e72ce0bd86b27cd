/**
 * bpf(2) as the device controller of cgroup v2 needs it: instructions as bytes,
 * load, attach, replace. Numbers and layouts: include/uapi/linux/bpf.h and
 * bpf_common.h; both architectures are little-endian.
 */

import { ptr } from "bun:ffi";
import { errno, SystemError } from "./errno.ts";
import { close } from "./file.ts";
import { attempt, call } from "./system.ts";
import { decodeText, encodeText } from "./text.ts";

/** struct bpf_insn. */
export interface Instruction {
	/** class, size or operation, source: `BPF.LDX | BPF.MEM | BPF.W` */
	code: number;
	/** register that is read or changed, 0 to 10 */
	to: number;
	/** the other register, with BPF.X or a load */
	from?: number;
	/** instructions to skip, or bytes from `from` */
	offset?: number;
	/** the constant, with BPF.K */
	value?: number;
}

/** Parts of an operation code. The JMP32 class compares the lower halves of registers (Linux 5.1). */
export const BPF = {
	LDX: 0x01,
	ALU32: 0x04,
	JMP: 0x05,
	JMP32: 0x06,
	ALU64: 0x07,
	W: 0x00,
	MEM: 0x60,
	K: 0x00,
	X: 0x08,
	AND: 0x50,
	RSH: 0x70,
	MOV: 0xb0,
	JA: 0x00,
	JSET: 0x40,
	JNE: 0x50,
	EXIT: 0x90,
} as const;

/** struct bpf_cgroup_dev_ctx: type in the lower, access in the upper half of the first word. */
export const DEVICE_CONTEXT = { access: 0, major: 4, minor: 8 } as const;

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_DETACH = 9;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_PROG_QUERY = 16;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;
const BPF_F_REPLACE = 4;

/** kernel/bpf/cgroup.c, BPF_CGROUP_MAX_PROGS */
const MOST_PROGRAMS = 64;
/** A signal interrupts the verifier (EAGAIN). */
const ATTEMPTS = 30;

const INSTRUCTION_SIZE = 8;

/** Instructions → struct bpf_insn[]. */
export function encodeInstructions(instructions: readonly Instruction[]): Uint8Array {
	const bytes = new Uint8Array(instructions.length * INSTRUCTION_SIZE);
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const { code, to, from = 0, offset = 0, value = 0 } of instructions) {
		view.setUint8(at, code);
		view.setUint8(at + 1, to | (from << 4));
		view.setInt16(at + 2, offset, true);
		view.setInt32(at + 4, value, true);
		at += INSTRUCTION_SIZE;
	}
	return bytes;
}

/** union bpf_attr: 32-bit words, and two for each address. */
function attributes(size: number, words: Record<number, number>, addresses: Record<number, Uint8Array> = {}) {
	const view = new DataView(new ArrayBuffer(size));
	for (const at in words) view.setUint32(Number(at), words[at] as number, true);
	for (const at in addresses) view.setBigUint64(Number(at), BigInt(ptr(addresses[at] as Uint8Array)), true);
	return new Uint8Array(view.buffer);
}

/**
 * Loads a device program under the name `bunker_devices`.
 * @returns its descriptor; the kernel keeps the program while it is attached
 * @throws SystemError; where the verifier refused it, with the verifier's last word
 */
export function loadDeviceProgram(instructions: readonly Instruction[]): number {
	const code = encodeInstructions(instructions);
	const license = encodeText("GPL\0");
	const load = (log?: Uint8Array): number => {
		const attr = attributes(
			64,
			{ 0: BPF_PROG_TYPE_CGROUP_DEVICE, 4: instructions.length, 24: log ? 1 : 0, 28: log?.length ?? 0 },
			log ? { 8: code, 16: license, 32: log } : { 8: code, 16: license },
		);
		attr.set(encodeText("bunker_devices"), 48);
		return attempt("bpf", BPF_PROG_LOAD, attr, attr.length);
	};
	let fd = load();
	for (let tried = 1; fd === -errno.EAGAIN && tried < ATTEMPTS; tried++) fd = load();
	if (fd >= 0) return fd;
	const log = new Uint8Array(64 * 1024);
	load(log);
	const said = decodeText(log.subarray(0, log.indexOf(0)))
		.trim()
		.split("\n");
	throw new SystemError(`load the device program${said[0] ? ` (${said.join("; ")})` : ""}`, -fd);
}

/**
 * Makes a program the only device program of a cgroup: one that is there is replaced at once.
 * @param cgroup descriptor of its directory
 * @throws SystemError
 */
export function attachDeviceProgram(cgroup: number, program: number): void {
	withPrograms(cgroup, (there) => {
		const replaced = there.length === 1 ? (there[0] as number) : undefined;
		const flags = BPF_F_ALLOW_MULTI | (replaced === undefined ? 0 : BPF_F_REPLACE);
		const attr = attributes(20, { 0: cgroup, 4: program, 8: BPF_CGROUP_DEVICE, 12: flags, 16: replaced ?? 0 });
		call("attach the device program", "bpf", BPF_PROG_ATTACH, attr, attr.length);
		if (replaced === undefined) for (const old of there) detach(cgroup, old);
	});
}

/** Takes all device programs from a cgroup. @throws SystemError */
export function detachDevicePrograms(cgroup: number): void {
	withPrograms(cgroup, (there) => {
		for (const program of there) detach(cgroup, program);
	});
}

function detach(cgroup: number, program: number): void {
	const attr = attributes(12, { 0: cgroup, 4: program, 8: BPF_CGROUP_DEVICE });
	call("detach a device program", "bpf", BPF_PROG_DETACH, attr, attr.length);
}

/** Calls with descriptors of what is attached to the cgroup itself. */
function withPrograms(cgroup: number, use: (programs: number[]) => void): void {
	const programs: number[] = [];
	try {
		for (const id of programIds(cgroup)) {
			const attr = attributes(4, { 0: id });
			programs.push(call(`open device program ${id}`, "bpf", BPF_PROG_GET_FD_BY_ID, attr, attr.length));
		}
		use(programs);
	} finally {
		for (const program of programs) close(program);
	}
}

/** The ids of the device programs that are attached to a cgroup itself. @throws SystemError */
export function programIds(cgroup: number): number[] {
	const ids = new Uint32Array(MOST_PROGRAMS);
	// All 64 bytes: Linux 6.17 to 7.1 write the last field, `revision`, whatever size is given.
	const attr = attributes(64, { 0: cgroup, 4: BPF_CGROUP_DEVICE, 24: ids.length }, { 16: new Uint8Array(ids.buffer) });
	call("ask for the device programs", "bpf", BPF_PROG_QUERY, attr, attr.length);
	return [...ids.subarray(0, new DataView(attr.buffer).getUint32(24, true))];
}
