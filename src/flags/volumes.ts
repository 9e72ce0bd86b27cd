/** `-v SRC:DST[:ro]`: docker's short syntax, as far as it names paths of the host. */

import type { VolumeOption } from "../container/options.ts";
import { absolute, clean } from "../text/path.ts";
import { malformed } from "./usage.ts";

/** Modes of docker's that bunker has not (docs: docker run, --volume). */
const LATER = new Set(["z", "Z", "nocopy", "shared", "slave", "private", "rshared", "rslave", "rprivate"]);

/**
 * Parses all `-v` of a command line.
 * @throws Failure (125)
 */
export function parseVolumes(volumes: readonly string[]): VolumeOption[] {
	const parsed = volumes.map(parseVolume);
	const targets = new Set<string>();
	for (const { target } of parsed) {
		if (targets.has(target)) throw malformed(`duplicate mount point: ${target}`);
		targets.add(target);
	}
	return parsed;
}

function parseVolume(volume: string): VolumeOption {
	const parts = volume.split(":");
	const invalid = (why: string) => malformed(`invalid volume specification: ${volume}: ${why}`);
	if (parts.length > 3) throw invalid("[SRC:]DST[:MODE] is expected");
	const [source, target, mode] = parts.length === 1 ? ["", parts[0]] : parts;
	if ((source === "" && parts.length > 1) || !target) throw invalid("[SRC:]DST[:MODE] is expected");
	if (!target.startsWith("/")) throw invalid("the path in the container must be absolute");
	if (clean(target) === "/") throw invalid("the path in the container cannot be /");
	const option = { ...sourceOf(source as string), target: clean(target), readOnly: parseMode(mode) };
	const reason = refusalOfProc(option);
	if (reason) throw invalid(reason);
	return option;
}

/** Files of /proc that LXCFS has others for, and runc lets be replaced. */
const REPLACEABLE =
	/^(cpuinfo|diskstats|meminfo|stat|swaps|uptime|loadavg|slabinfo|net\/dev|sys\/kernel\/ns_last_pid|sys\/crypto\/fips_enabled)$/;

/**
 * Nothing but a /proc can stand for the container's own, and little can lie in
 * it: programs trust what it says (runc, rootfs_linux.go: checkProcMount).
 */
function refusalOfProc({ source, target }: VolumeOption): string | undefined {
	if (target === "/proc")
		return /^\/proc(\/|$)/.test(source) ? undefined : '"/proc" cannot be mounted because it is not of type proc';
	if (!target.startsWith("/proc/") || REPLACEABLE.test(target.slice("/proc/".length))) return undefined;
	return `${JSON.stringify(target)} cannot be mounted because it is inside /proc`;
}

/** docker: what holds no slash and is no `.` is the name of a volume. */
function sourceOf(source: string): Pick<VolumeOption, "source" | "named"> {
	if (/^(\/|\.\.?(\/|$))/.test(source)) return { source: absolute(source) };
	return { source, named: true };
}

function parseMode(mode: string | undefined): boolean {
	if (mode === undefined || mode === "rw") return false;
	if (mode === "ro") return true;
	const later = mode.split(",").every((word) => LATER.has(word) || word === "ro" || word === "rw");
	throw malformed(later ? `the volume mode "${mode}" is not supported yet (volumes)` : `invalid mode: ${mode}`);
}
