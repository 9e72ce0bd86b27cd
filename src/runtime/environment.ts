/** What the program finds set besides files: host name, loopback interface, sysctls. */

import {
	AF_INET,
	AT_FDCWD,
	IFF_UP,
	O_CLOEXEC,
	O_WRONLY,
	SIOCSIFFLAGS,
	SOCK_CLOEXEC,
	SOCK_DGRAM,
} from "../../ffi/constants.ts";
import { interfaceRequest } from "../../ffi/structures.ts";
import { encodeText } from "../../ffi/text.ts";
import { Load, type Tape } from "../kernel/tape.ts";

/** Sets the host name of the container's UTS namespace. */
export function setHostname(tape: Tape, name: string): void {
	tape.step(`set the host name to ${name}`, "sethostname", [tape.text(name), encodeText(name).length]);
}

/** Sets the NIS domain name of the container's UTS namespace. */
export function setDomainname(tape: Tape, name: string): void {
	tape.step(`set the domain name to ${name}`, "setdomainname", [tape.text(name), encodeText(name).length]);
}

/** Brings up the loopback interface of a new network namespace. */
export function raiseLoopback(tape: Tape): void {
	const socket = tape.slot();
	tape.step("open a socket for the loopback interface", "socket", [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], {
		store: socket,
	});
	tape.step("bring up lo", "ioctl", [new Load(socket), SIOCSIFFLAGS, tape.bytes(interfaceRequest("lo", IFF_UP))]);
	tape.step("close the socket", "close", [new Load(socket)]);
}

/** Writes a sysctl of the container's namespaces: `net.ipv4.ping_group_range`. */
export function setSysctl(tape: Tape, name: string, value: string): void {
	const path = `/proc/sys/${name.replaceAll(".", "/")}`;
	const fd = tape.slot();
	const bytes = encodeText(value);
	tape.step(`open ${path}`, "openat", [AT_FDCWD, tape.text(path), O_WRONLY | O_CLOEXEC, 0], { store: fd });
	tape.step(`set ${name} to ${value}`, "write", [new Load(fd), tape.bytes(bytes), bytes.length], { full: true });
	tape.step("close it", "close", [new Load(fd)]);
}
