/**
 * A device list → the program that cgroup v2 asks before a device is opened or
 * made (BPF_PROG_TYPE_CGROUP_DEVICE; 1 lets it pass, 0 is EPERM). Pure.
 *
 * Four loads, then a block for each exception that ends in its verdict or jumps
 * to the next, then the verdict for all others.
 */

import { BPF, DEVICE_CONTEXT, type Instruction } from "../../ffi/bpf.ts";
import { BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_DEV_CHAR } from "../../ffi/constants.ts";
import { ALL_ACCESS, type DeviceException, type DeviceList } from "./device-list.ts";

/** Registers: R0 is the verdict, R1 the context, the others what is asked for. */
const VERDICT = 0;
const CONTEXT = 1;
const TYPE = 2;
const ACCESS = 3;
const MAJOR = 4;
const MINOR = 5;

const load = (to: number, offset: number): Instruction => ({
	code: BPF.LDX | BPF.MEM | BPF.W,
	to,
	from: CONTEXT,
	offset,
});
const compute = (operation: number, to: number, value: number): Instruction => ({
	code: BPF.ALU32 | operation | BPF.K,
	to,
	value,
});
/** 32 bits: the 64-bit comparison extends the sign of its constant, and numbers above 2^31 would never match. */
const jump = (operation: number, to: number, value: number): Instruction => ({
	code: BPF.JMP32 | operation | BPF.K,
	to,
	value: value | 0,
});
const verdict = (allow: boolean): Instruction[] => [
	{ code: BPF.ALU64 | BPF.MOV | BPF.K, to: VERDICT, value: allow ? 1 : 0 },
	{ code: BPF.JMP | BPF.EXIT, to: 0 },
];

/** The program of a list. */
export function deviceProgram({ allowed, exceptions }: DeviceList): Instruction[] {
	const instructions = [
		load(TYPE, DEVICE_CONTEXT.access),
		compute(BPF.AND, TYPE, 0xffff),
		load(ACCESS, DEVICE_CONTEXT.access),
		compute(BPF.RSH, ACCESS, 16),
		load(MAJOR, DEVICE_CONTEXT.major),
		load(MINOR, DEVICE_CONTEXT.minor),
	];
	for (const exception of exceptions) instructions.push(...block(exception, !allowed));
	instructions.push(...verdict(allowed));
	return instructions;
}

function block(exception: DeviceException, allow: boolean): Instruction[] {
	const { type, major, minor, access } = exception;
	const tests = [jump(BPF.JNE, TYPE, type === "b" ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR)];
	if (major !== undefined) tests.push(jump(BPF.JNE, MAJOR, major));
	if (minor !== undefined) tests.push(jump(BPF.JNE, MINOR, minor));
	// To be allowed, all that is asked for must be in the exception; to be denied, any of it.
	// No request is for nothing, so what covers all needs no test.
	const partly = access !== ALL_ACCESS;
	if (partly && allow) tests.push(jump(BPF.JSET, ACCESS, ALL_ACCESS & ~access));
	const touches = partly && !allow ? [{ ...jump(BPF.JSET, ACCESS, access), offset: 1 }] : [];
	const away: Instruction[] = touches.length > 0 ? [{ code: BPF.JMP | BPF.JA, to: 0 }] : [];
	const leaving = [...tests, ...touches, ...away];
	const whole = [...leaving, ...verdict(allow)];
	return whole.map((one, at) =>
		tests.includes(one) || away.includes(one) ? { ...one, offset: whole.length - at - 1 } : one,
	);
}
