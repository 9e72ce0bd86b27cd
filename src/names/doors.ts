/** A container's way to its resolver: sockets in its network namespace, and the rules that lead there. */

import { errno } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { bindAnywhere } from "../../ffi/inet.ts";
import { inNamespace } from "../../ffi/netlink.ts";
import { MessageFailure, playMessages } from "../kernel/netlink.ts";
import { type NamePorts, RESOLVER, redirectMessages } from "./redirect.ts";

/** Descriptors of the sockets of one container. */
export interface Doors {
	udp: number;
	tcp: number;
}

/**
 * Makes them: from here on a question waits in the socket until somebody
 * answers. Rules that lead to others, of a resolver that was killed, go.
 * @param namespace of the container: a descriptor of it, or a pidfd of a process in it
 * @throws Failure with the sentence of the message that was refused
 */
export function openDoors(namespace: number): Doors {
	const { udp, tcp } = inNamespace(namespace, () => ({
		udp: bindAnywhere("udp", RESOLVER),
		tcp: bindAnywhere("tcp", RESOLVER),
	}));
	const doors = { udp: udp.fd, tcp: tcp.fd };
	try {
		lead({ udp: udp.port, tcp: tcp.port }, namespace);
		return doors;
	} catch (error) {
		closeDoors(doors);
		throw error;
	}
}

/** A transaction that removes makes the last close of its socket wait for some 15 ms (RCU): only where there is something. */
function lead(ports: NamePorts, namespace: number): void {
	try {
		playMessages(redirectMessages(ports, false), namespace);
	} catch (error) {
		if (!(error instanceof MessageFailure) || error.errno !== errno.EEXIST) throw error;
		playMessages(redirectMessages(ports, true), namespace);
	}
}

export function closeDoors({ udp, tcp }: Doors): void {
	close(udp);
	close(tcp);
}
