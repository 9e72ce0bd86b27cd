/** Facts of the host that `info` prints. */

import { readFileIfThere } from "../../ffi/file.ts";
import { fileSystemType } from "../../ffi/filesystem.ts";

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

/** docker's names of what an overlay can lie on (moby, daemon/internal/fstype). */
const FILE_SYSTEMS: Record<number, string> = {
	61267: "extfs",
	1481003842: "xfs",
	2435016766: "btrfs",
	16914836: "tmpfs",
	801189825: "zfs",
	4076150800: "f2fs",
	2035054128: "overlayfs",
	1702057286: "fuse",
	2240043254: "ramfs",
	827541066: "jfs",
};

/** The file system that a directory is on; `<unknown>` as docker's, where we know no name of it. */
export const fileSystemName = (path: string): string => FILE_SYSTEMS[fileSystemType(path)] ?? "<unknown>";

/**
 * A UUID for the engine of this root on this host: the same each time, with
 * nothing stored, and nothing in it of the host's own id (machine-id(5)).
 */
export function engineId(root: string): string {
	const host = textOf("/etc/machine-id").trim() || hostName();
	const bytes = new Bun.CryptoHasher("sha256").update(`bunker engine ${host} ${root}`).digest();
	// RFC 9562, version 8: bits of our own making.
	bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
	bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
	return bytes
		.subarray(0, 16)
		.toHex()
		.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
