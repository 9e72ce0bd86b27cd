/** The state of the kernel's tables: the count of changes that it keeps. */

import { close } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_ACK, namespaceCookie, openNetlink } from "../../ffi/netlink.ts";
import { attributesOf, encode } from "../kernel/netlink.ts";

/** What the kernel says: which namespace, and how often its tables were changed. */
export interface Generation {
	namespace: string;
	count: number;
}

const NFNL_SUBSYS_NFTABLES_GETGEN = 0x0a10;
const NFTA_GEN_ID = 1;

/** Asks the kernel. */
export function generation(): Generation {
	const socket = openNetlink(NETLINK_NETFILTER);
	try {
		const body = new Uint8Array(4);
		const request = encode({ type: NFNL_SUBSYS_NFTABLES_GETGEN, flags: NLM_F_ACK, body }, 0);
		const answers = ask("ask nf_tables for its generation (a kernel without nf_tables?)", socket, request);
		const id = answers[0] && attributesOf(answers[0].body, 4).get(NFTA_GEN_ID);
		const count = id ? new DataView(id.buffer, id.byteOffset).getUint32(0) : 0;
		return { namespace: String(namespaceCookie(socket)), count };
	} finally {
		close(socket);
	}
}
