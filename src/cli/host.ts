/** Facts of the host that `info` prints. */

import { readFileIfThere } from "../../ffi/file.ts";

const textOf = (path: string): string => new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array());

/** `1`, `2`, or `1 and 2` on a hybrid host, as the mounts say; `none` without any. */
export function cgroupVersion(): string {
	const types = textOf("/proc/self/mounts")
		.split("\n")
		.map((line) => line.split(" ")[2]);
	const found = [types.includes("cgroup") && "1", types.includes("cgroup2") && "2"].filter(Boolean);
	return found.join(" and ") || "none";
}

/** What the distribution calls itself (os-release(5)): `Debian GNU/Linux 13`; empty where it does not say. */
export function operatingSystem(): { name: string; version: string } {
	const lines = (textOf("/etc/os-release") || textOf("/usr/lib/os-release")).split("\n");
	const said = (key: string) => {
		const line = lines.find((text) => text.startsWith(`${key}=`));
		return line?.slice(key.length + 1).replace(/^(["'])(.*)\1$/, "$2") ?? "";
	};
	return { name: said("PRETTY_NAME"), version: said("VERSION_ID") };
}

/** Bytes of memory. */
export function memoryTotal(): number {
	return Number(/^MemTotal: +([0-9]+) kB$/m.exec(textOf("/proc/meminfo"))?.[1] ?? 0) * 1024;
}

/** The host's name. */
export const hostName = (): string => textOf("/proc/sys/kernel/hostname").trim();

/** True if the host passes IPv4 packets on. */
export const forwardsPackets = (): boolean => textOf("/proc/sys/net/ipv4/ip_forward").trim() === "1";
