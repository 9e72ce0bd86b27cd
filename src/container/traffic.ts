/** What a container has received and sent: the interfaces of its first process (proc_pid_net(5)). */

import { readRecordIfThere } from "../../ffi/record.ts";
import type { RunOptions } from "./options.ts";

/** Bytes over all interfaces but lo, which docker has not made, and does not count. */
export interface Traffic {
	received: number;
	sent: number;
}

/** Without interfaces of its own: the host's are not a container's, docker does not count those either. */
const NETWORKLESS: readonly string[] = ["none", "host"];

/** @param pid its first process */
export function trafficOf(pid: number, { network }: RunOptions): Traffic {
	return trafficIn(NETWORKLESS.includes(network) ? "" : (readRecordIfThere(`/proc/${pid}/net/dev`) ?? ""));
}

/** `eth0: BYTES PACKETS ERRS DROP FIFO FRAME COMPRESSED MULTICAST BYTES …`, received and then sent, below two lines of titles. */
export function trafficIn(text: string): Traffic {
	const sum: Traffic = { received: 0, sent: 0 };
	for (const line of text.split("\n").slice(2)) {
		const colon = line.indexOf(":");
		if (colon < 0 || line.slice(0, colon).trim() === "lo") continue;
		const counters = line
			.slice(colon + 1)
			.trim()
			.split(/\s+/);
		sum.received += Number(counters[0]);
		sum.sent += Number(counters[8]);
	}
	return sum;
}
