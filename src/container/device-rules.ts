/**
 * The devices that a container may use: docker's rules (moby,
 * daemon/pkg/oci/defaults.go and oci.go), with those that runc adds to every
 * container (libcontainer/specconv, AllowedDevices). Pure.
 */

import { EXIT, Failure } from "../failure.ts";
import type { DeviceRule } from "../runtime/runtime.ts";
import type { Gathered } from "./devices.ts";

const character = (major: number, minor?: number): DeviceRule => ({ allow: true, type: "c", major, minor });

/** docker denies c 10:229, /dev/fuse, too: nothing has allowed it. */
const DEFAULT_RULES: readonly DeviceRule[] = [
	{ allow: false },
	// A node can be made of every device; it cannot be opened.
	{ allow: true, type: "c", access: "m" },
	{ allow: true, type: "b", access: "m" },
	character(1, 3), // null
	character(1, 5), // zero
	character(1, 7), // full
	character(1, 8), // random
	character(1, 9), // urandom
	character(5, 0), // tty
	character(5, 1), // console
	character(5, 2), // ptmx
	character(136), // pts
	character(10, 200), // net/tun
];

/** What decides about devices. */
export interface DeviceOptions {
	privileged?: boolean;
	/** `--device-cgroup-rule`, as typed */
	deviceRules?: readonly string[];
}

/** Nodes that it was given, and what may be done with them. */
type Given = Pick<Gathered, "type" | "major" | "minor" | "access">;

/**
 * The rules of a container; with --privileged all is allowed, and what was asked for beside it is only checked.
 * @throws Failure (125) for a rule that is none
 */
export function deviceRulesOf(
	{ privileged, deviceRules = [] }: DeviceOptions,
	given: readonly Given[] = [],
): DeviceRule[] {
	const asked = deviceRules.map(parseDeviceRule);
	if (privileged) return [{ allow: true }];
	const allowed = given.map(({ type, major, minor, access }) => ({ allow: true, type, major, minor, access }));
	return [...DEFAULT_RULES, ...allowed, ...asked];
}

/**
 * `c 1:11 rm` → a rule that allows it; `*` is any number, type `a` both types.
 * @throws Failure (125)
 */
export function parseDeviceRule(text: string): DeviceRule {
	const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
	const number = (word: string | undefined) => (word === "*" ? undefined : Number(word));
	const [major, minor] = [number(match?.[2]), number(match?.[3])];
	// what a device number of the kernel's interfaces can hold
	if (!match || (major ?? 0) > 0xffffffff || (minor ?? 0) > 0xffffffff)
		throw new Failure(
			`--device-cgroup-rule '${text}': invalid format: 'TYPE MAJOR:MINOR ACCESS' is expected, as 'c 10:* rw'`,
			{ exitCode: EXIT.refused },
		);
	return { allow: true, type: match[1] as "a" | "b" | "c", major, minor, access: match[4] };
}
