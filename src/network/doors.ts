/** A container's way to its resolver: sockets in its network namespace, and the rules that lead there. */

import { close } from "../../ffi/file.ts";
import { bindAnywhere } from "../../ffi/inet.ts";
import { inNamespace } from "../../ffi/netlink.ts";
import { playMessages } from "../kernel/netlink.ts";
import { RESOLVER, redirectMessages } from "./redirect.ts";

/** Descriptors of the sockets of one container. */
export interface Doors {
	udp: number;
	tcp: number;
}

/**
 * Makes them: from here on a question waits in the socket until somebody answers.
 * @param namespace of the container: a descriptor of it, or a pidfd of a process in it
 * @param again others may have been there before
 * @throws Failure with the sentence of the message that was refused
 */
export function openDoors(namespace: number, again = false): Doors {
	const { udp, tcp } = inNamespace(namespace, () => ({
		udp: bindAnywhere("udp", RESOLVER),
		tcp: bindAnywhere("tcp", RESOLVER),
	}));
	const doors = { udp: udp.fd, tcp: tcp.fd };
	try {
		playMessages(redirectMessages({ udp: udp.port, tcp: tcp.port }, again), namespace);
		return doors;
	} catch (error) {
		closeDoors(doors);
		throw error;
	}
}

export function closeDoors({ udp, tcp }: Doors): void {
	close(udp);
	close(tcp);
}
