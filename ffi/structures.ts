/** Structures that system calls take, as bytes (include/uapi/linux/{sched,mount,openat2,if,capability}.h). */

/** Where the descriptor of a cgroup stands in struct clone_args. */
export const CLONE_ARGUMENTS = { cgroup: 80 } as const;

/** struct clone_args up to cgroup (CLONE_ARGS_SIZE_VER2), flags and exit_signal filled in. */
export function cloneArguments(flags: number, exitSignal: number): Uint8Array {
	const words = new BigUint64Array(11);
	words[0] = BigInt(flags);
	words[4] = BigInt(exitSignal);
	return new Uint8Array(words.buffer);
}

/** struct mount_attr: attr_set, attr_clr, propagation, userns_fd; what there is of them has 32 bits. */
export function mountAttributes(set: number, propagation = 0, clear = 0): Uint8Array {
	const words = new Uint32Array(8);
	words[0] = set;
	words[2] = clear;
	words[4] = propagation;
	return new Uint8Array(words.buffer);
}

/** struct open_how: flags, mode 0, resolve. */
export function openHow(flags: number, resolve: number): Uint8Array {
	const words = new Uint32Array(6);
	words[0] = flags;
	words[4] = resolve;
	return new Uint8Array(words.buffer);
}

/** struct ifreq with a name and flags. */
export function interfaceRequest(name: string, flags: number): Uint8Array {
	const bytes = new Uint8Array(40);
	new TextEncoder().encodeInto(name, bytes);
	new DataView(bytes.buffer).setInt16(16, flags, true);
	return bytes;
}

/** struct __user_cap_header_struct, version 3, this process. */
export function capabilityHeader(): Uint8Array {
	return new Uint8Array(Uint32Array.of(0x20080522, 0).buffer);
}

/** struct __user_cap_data_struct[2]: the sets as bit masks. */
export function capabilityData(effective: bigint, permitted: bigint, inheritable: bigint): Uint8Array {
	const low = (set: bigint) => Number(set & 0xffffffffn);
	const high = (set: bigint) => Number(set >> 32n);
	return new Uint8Array(
		Uint32Array.of(
			low(effective),
			low(permitted),
			low(inheritable),
			high(effective),
			high(permitted),
			high(inheritable),
		).buffer,
	);
}
