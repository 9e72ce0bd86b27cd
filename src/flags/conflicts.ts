/** Flags that do not go together (moby, daemon/container.go verifyContainerSettings; runc, libcontainer/configs/validate). */

import type { RunOptions } from "../container/options.ts";
import { malformed } from "./usage.ts";

/** @throws Failure (125) for the first conflict */
export function checkConflicts(options: RunOptions): void {
	checkTargets(options);
	checkUts(options);
	checkSysctls(options);
}

/** A volume without a name gives way to whatever else is mounted there, as one that the image declares does. */
function checkTargets({ volumes, mounts = [], tmpfs = [] }: RunOptions): void {
	const targets = new Set<string>();
	for (const { target } of [...volumes.filter(({ source }) => source !== ""), ...mounts, ...tmpfs]) {
		if (targets.has(target)) throw malformed(`Duplicate mount point: ${target}`);
		targets.add(target);
	}
}

function checkUts({ uts, hostname, domainname }: RunOptions): void {
	if (uts !== "host") return;
	if (hostname !== undefined) throw malformed("conflicting options: hostname and the UTS mode");
	if (domainname !== undefined) throw malformed("conflicting options: domainname and the UTS mode");
}

/** Where a namespace is the host's, so are its parameters. */
function checkSysctls({ sysctls = {}, network, ipc }: RunOptions): void {
	for (const name of Object.keys(sysctls)) {
		const net = name.startsWith("net.");
		if (net && network === "host") throw malformed(`sysctl '${name}' is not allowed in the host's network namespace`);
		// moby, api/server/router/container, handleSysctlBC: before the interface is there it cannot be set.
		if (/^net\.[^.]+\.[^.]+\.eth[0-9]+\./.test(name))
			throw malformed(
				`interface specific sysctl setting "${name}" must be supplied using driver option 'com.docker.network.endpoint.sysctls'`,
			);
		if (!net && ipc === "host") throw malformed(`sysctl '${name}' is not allowed in the host's IPC namespace`);
	}
}
