/** Where in a container something can be mounted, as docker and runc have it. */

import { clean } from "../path.ts";

/** Files of /proc that LXCFS has others for, and runc lets be replaced. */
const REPLACEABLE =
	/^(cpuinfo|diskstats|meminfo|stat|swaps|uptime|loadavg|slabinfo|net\/dev|sys\/kernel\/ns_last_pid|sys\/crypto\/fips_enabled)$/;

/**
 * Why nothing can be mounted there; undefined where something can.
 * @param source of a bind; anything else is no path
 */
export function refusalOfTarget(target: string, source = ""): string | undefined {
	if (!target.startsWith("/")) return `invalid mount path: '${target}' mount path must be absolute`;
	if (clean(target) === "/") return "invalid specification: destination can't be '/'";
	return refusalOfProc(clean(target), source);
}

/**
 * Nothing but a /proc can stand for the container's own, and little can lie in
 * it: programs trust what it says (runc, rootfs_linux.go: checkProcMount).
 */
function refusalOfProc(target: string, source: string): string | undefined {
	if (target === "/proc")
		return /^\/proc(\/|$)/.test(source && clean(source))
			? undefined
			: '"/proc" cannot be mounted because it is not of type proc';
	if (!target.startsWith("/proc/") || REPLACEABLE.test(target.slice("/proc/".length))) return undefined;
	return `${JSON.stringify(target)} cannot be mounted because it is inside /proc`;
}
