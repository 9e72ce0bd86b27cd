/**
 * The device controller: which devices the processes of a cgroup may open and
 * make. On v1 a list in files, on v2 a program; what they let pass is the same.
 */

import { EXIT, Failure } from "../failure.ts";
import type { DeviceRule } from "../runtime/runtime.ts";
import { type DeviceList, deviceList, exceptionText } from "./device-list.ts";
import { write } from "./group.ts";
import { type Group, groupWith, type Write } from "./hierarchy.ts";

/** What is done to a cgroup so that it keeps to its rules. */
export interface DevicePlan {
	/** where the device controller is */
	group: Group;
	list: DeviceList;
	/** on v1, in this order; none on v2, where a program is attached */
	writes: Write[];
}

/** Whether devices can be kept from a container at all. Pure. */
export const hasDeviceController = (groups: readonly Group[]): boolean => groupWith(groups, "devices") !== undefined;

/**
 * Rules → plan. Pure.
 * @throws Failure (125) where the host has no device controller, or the rules cannot be kept
 */
export function devicePlan(groups: readonly Group[], rules: readonly DeviceRule[]): DevicePlan {
	const group = groupWith(groups, "devices");
	if (!group)
		throw new Failure("limit the use of devices: this host has no devices controller", { exitCode: EXIT.refused });
	const list = deviceList(rules);
	const writes = group.hierarchy.version === 1 ? deviceWrites(group, list) : [];
	return { group, list, writes };
}

/** A list in a sentence: `deny all devices but c 1:3 rwm, …` */
export function deviceSentence({ allowed, exceptions }: DeviceList): string {
	const but = exceptions.length > 0 ? ` but ${exceptions.map(exceptionText).join(", ")}` : "";
	return `${allowed ? "allow" : "deny"} all devices${but}`;
}

/**
 * v1's files take one rule a write. The first clears what was inherited from the
 * parent: `a` alone is every type, number and access.
 */
function deviceWrites({ path }: Group, { allowed, exceptions }: DeviceList): Write[] {
	const [all, but] = allowed ? ["allow", "deny"] : ["deny", "allow"];
	const writes = [{ what: `${all} all devices`, file: `${path}/devices.${all}`, value: "a" }];
	for (const exception of exceptions) {
		const value = exceptionText(exception);
		writes.push({ what: `${but} devices ${value}`, file: `${path}/devices.${but}`, value });
	}
	return writes;
}

/**
 * Makes a cgroup keep to the rules, whatever it kept to before.
 * @throws Failure (125)
 */
export async function attachDevices(groups: readonly Group[], rules: readonly DeviceRule[]): Promise<void> {
	const { group, list, writes } = devicePlan(groups, rules);
	if (group.hierarchy.version === 1) write(writes);
	else (await import("./device-attach.ts")).attachDeviceList(group.path, list);
}
