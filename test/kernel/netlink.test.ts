/** Netlink sockets, and what others than the kernel may send to them. */

import { afterEach, describe, expect, test } from "bun:test";
import { close } from "../../ffi/file.ts";
import { ask, NETLINK_ROUTE, NLM_F_ACK, openNetlink, RTM_GETLINK, talk } from "../../ffi/netlink.ts";
import { attempt } from "../../ffi/system.ts";
import { encode } from "../../src/kernel/netlink.ts";
import { requires } from "../requires.ts";

const AF_NETLINK = 16;

describe.skipIf(!requires("root"))("a netlink socket", () => {
	const open: number[] = [];
	afterEach(() => {
		for (const fd of open.splice(0)) close(fd);
	});

	/** A socket to which somebody in the same namespace has sent bytes of their own. */
	function sentTo(bytes: Uint8Array): number {
		const [victim, liar] = [openNetlink(NETLINK_ROUTE), openNetlink(NETLINK_ROUTE)];
		open.push(victim, liar);
		const address = new Uint8Array(12);
		address[0] = AF_NETLINK;
		// It has a number once it has sent something, or is bound.
		expect(attempt("bind", victim, address, address.length)).toBe(0);
		expect(attempt("getsockname", victim, address, Uint8Array.of(12, 0, 0, 0))).toBe(0);
		expect(attempt("sendto", liar, bytes, bytes.length, 0, address, address.length)).toBe(bytes.length);
		return victim;
	}

	/** An index that no interface has. */
	const request = encode({ type: RTM_GETLINK, flags: NLM_F_ACK, body: new Uint8Array(16).fill(0x7f, 4, 8) }, 7);

	test("is done with messages of no length, which whoever may do so in its namespace can send", () => {
		expect(talk(sentTo(new Uint8Array(64)), request)).toMatchObject({ sequence: 7 });
		expect(() => ask("ask", sentTo(new Uint8Array(64)), request)).toThrow("ask");
	});
});
