/**
 * Rules → what v1's device controller keeps: whether a device may be used, and
 * the exceptions. One meaning for both versions: v1 is told this list, v2's
 * program does what it says. Pure.
 *
 * The kernel (security/device_cgroup.c) lets a request pass if one exception
 * covers all of it (read and write are one request), or, where devices are
 * allowed, if none touches it. So this list does, on both.
 */

import { BPF_DEVCG_ACC_MKNOD, BPF_DEVCG_ACC_READ, BPF_DEVCG_ACC_WRITE } from "../../ffi/constants.ts";
import { EXIT, Failure } from "../failure.ts";
import type { DeviceRule } from "../runtime/runtime.ts";

/** Devices that are treated unlike the others. */
export interface DeviceException {
	type: "b" | "c";
	/** undefined: any */
	major?: number;
	minor?: number;
	/** BPF_DEVCG_ACC_* */
	access: number;
}

/** What a cgroup's device controller holds. */
export interface DeviceList {
	/** what happens to a device without an exception */
	allowed: boolean;
	exceptions: DeviceException[];
}

const LETTERS = [
	["r", BPF_DEVCG_ACC_READ],
	["w", BPF_DEVCG_ACC_WRITE],
	["m", BPF_DEVCG_ACC_MKNOD],
] as const;
/** reading, writing and making nodes */
export const ALL_ACCESS = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;

/** `rm` → bits; what is missing stands for all. */
function accessBits(letters = "rwm"): number {
	let bits = 0;
	for (const [letter, bit] of LETTERS) if (letters.includes(letter)) bits |= bit;
	return bits;
}

/** bits → `rwm`, in the kernel's order. */
export const accessLetters = (bits: number): string =>
	LETTERS.map(([letter, bit]) => (bits & bit ? letter : "")).join("");

/** `c 1:3 rwm`, as v1's files take it. */
export const exceptionText = ({ type, major, minor, access }: DeviceException): string =>
	`${type} ${major ?? "*"}:${minor ?? "*"} ${accessLetters(access)}`;

/**
 * Plays the rules; before the first all is denied. The last rule that fits a device decides.
 *
 * A rule of type `a` with numbers or less than all access means both types, as
 * crun has it on v2: v1's file takes any `a` for everything, and so docker lets
 * `--device-cgroup-rule 'a 10:200 r'` open the host's disks.
 * @throws Failure (125) for a rule that would have to punch a hole into a wider one: v1's list cannot hold it
 */
export function deviceList(rules: readonly DeviceRule[]): DeviceList {
	let list: DeviceList = { allowed: false, exceptions: [] };
	for (const rule of rules) {
		const { type = "a", major, minor, allow } = rule;
		const access = accessBits(rule.access);
		if (type === "a" && major === undefined && minor === undefined && access === ALL_ACCESS)
			list = { allowed: allow, exceptions: [] };
		else
			for (const one of type === "a" ? (["b", "c"] as const) : [type]) {
				const exception = { type: one, major, minor, access };
				if (allow === list.allowed) remove(list, exception);
				else add(list, exception);
			}
	}
	return list;
}

const isSame = (one: DeviceException, other: DeviceException) =>
	one.type === other.type && one.major === other.major && one.minor === other.minor;

function add({ exceptions }: DeviceList, added: DeviceException): void {
	for (const one of exceptions)
		if (isSame(one, added)) {
			one.access |= added.access;
			return;
		}
	exceptions.push(added);
}

/** Takes the access from all exceptions within; v1's file does so for the very same one only, and leaves the narrower. */
function remove(list: DeviceList, removed: DeviceException): void {
	for (const one of list.exceptions) {
		if (!(one.access & removed.access) || !overlap(one, removed)) continue;
		if (!within(one, removed))
			throw new Failure(
				`${list.allowed ? "allow" : "deny"} devices ${exceptionText(removed)}: they are part of ${exceptionText(one)}, and a device list has no exceptions of exceptions`,
				{ exitCode: EXIT.refused },
			);
		one.access &= ~removed.access;
	}
	list.exceptions = list.exceptions.filter(({ access }) => access !== 0);
}

const overlap = (one: DeviceException, other: DeviceException) =>
	one.type === other.type && meets(one.major, other.major) && meets(one.minor, other.minor);
const meets = (one: number | undefined, other: number | undefined) =>
	one === undefined || other === undefined || one === other;
const within = (inner: DeviceException, outer: DeviceException) =>
	(outer.major === undefined || outer.major === inner.major) &&
	(outer.minor === undefined || outer.minor === inner.minor);
