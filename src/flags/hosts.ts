/** How a container is called: --hostname, --domainname. */

import type { RunOptions } from "../container/options.ts";
import { string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const hostFlags = {
	domainname: string("", "the container's NIS domain name"),
	hostname: string("h", "the container's host name"),
};

/** @throws Failure (125) */
export function parseHosts(values: Values<typeof hostFlags>): Pick<RunOptions, "domainname" | "hostname"> {
	return {
		domainname: parseName("domainname", values.domainname),
		hostname: parseName("hostname", values.hostname),
	};
}

/** The longest name the kernel takes, in bytes (uts.h, __NEW_UTS_LEN). */
const NAME_MAX = 64;

function parseName(what: string, name: string | undefined): string | undefined {
	if (!name) return undefined;
	if (Buffer.byteLength(name) <= NAME_MAX) return name;
	throw malformed(`invalid ${what} "${name}": more than ${NAME_MAX} bytes`);
}
