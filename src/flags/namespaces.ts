/** Namespaces that a container shares: --ipc, --pid, --uts, --cgroupns. */

import type { RunOptions } from "../container/options.ts";
import { string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const namespaceFlags = {
	cgroupns: string("", "private or host", { standard: "private", completes: ["private", "host"] }),
	ipc: string("", "private, shareable, host, none, or container:NAME", {
		standard: "private",
		completes: ["private", "shareable", "host", "none"],
	}),
	pid: string("", "host, or container:NAME", { standard: "one of its own", completes: ["host"] }),
	uts: string("", "host", { standard: "one of its own" }),
};

/** @throws Failure (125) */
export function parseNamespaces(
	values: Values<typeof namespaceFlags>,
): Pick<RunOptions, "ipc" | "pid" | "uts" | "cgroupns"> {
	return {
		ipc: mode("ipc", "IPC", values.ipc, /^(private|shareable|host|none|container:.+)$/),
		pid: mode("pid", "PID", values.pid, /^(host|container:.+)$/),
		uts: mode("uts", "UTS", values.uts, /^host$/),
		cgroupns: mode("cgroupns", "CGROUP", values.cgroupns, /^(host|private)$/),
	};
}

function mode(flag: string, what: string, typed: string | undefined, known: RegExp): string | undefined {
	if (!typed) return undefined;
	if (known.test(typed)) return typed;
	throw malformed(`--${flag} ${typed}: invalid ${what} mode`);
}
