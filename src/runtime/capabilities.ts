/** Capability names and sets. Source: include/uapi/linux/capability.h, in the order of their numbers. */

const NAMES = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
] as const;

/** Every capability bunker knows; the index is its number. */
export const capabilityNames: readonly string[] = NAMES;

/** The fourteen that docker gives (moby, daemon/pkg/oci/caps/defaults.go). */
export const defaultCapabilities: readonly string[] = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FSETID",
	"CAP_FOWNER",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETFCAP",
	"CAP_SETPCAP",
	"CAP_NET_BIND_SERVICE",
	"CAP_SYS_CHROOT",
	"CAP_KILL",
	"CAP_AUDIT_WRITE",
];

/**
 * A capability as users write it: `NET_ADMIN`, `cap_net_admin`; `ALL` stays.
 * @returns its full name; undefined if there is none
 */
export function capabilityName(text: string): string | undefined {
	const name = text.toUpperCase();
	if (name === "ALL") return name;
	const full = name.startsWith("CAP_") ? name : `CAP_${name}`;
	return capabilityNames.includes(full) ? full : undefined;
}

/** Bit mask → names. */
export function capabilitiesOf(mask: bigint): string[] {
	return NAMES.filter((_, number) => (mask >> BigInt(number)) & 1n);
}

/** Names → bit mask. */
export function capabilityMask(names: readonly string[]): bigint {
	let mask = 0n;
	for (const name of names) mask |= 1n << BigInt(NAMES.indexOf(name as (typeof NAMES)[number]));
	return mask;
}
