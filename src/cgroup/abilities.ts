/**
 * What the controllers of this host can limit. A controller that is there may
 * still lack a feature, by its version or by the kernel's configuration; which
 * files there are tells (moby asks the same way: pkg/sysinfo).
 */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { list } from "../../ffi/directory.ts";
import { readFileIfThere, readSmallIfThere, statusIfThere } from "../../ffi/file.ts";
import { countOf, parseSet } from "./cpuset.ts";
import { detect } from "./hierarchies.ts";
import { DEFAULT_PARENT, groupWith, type Hierarchy } from "./hierarchy.ts";

/** Features that limits need. */
export interface Abilities {
	/** by their names in v1: `blkio`, where v2 has `io` */
	controllers: readonly string[];
	/** swap is counted */
	swap: boolean;
	swappiness: boolean;
	/** the OOM killer can be switched off */
	oomKillDisable: boolean;
	/** the CPU controller has real-time shares */
	realtime: boolean;
	/** a share of the block I/O can be given */
	weight: boolean;
	/** `0-3`: what a cpuset may hold; "" without the controller */
	cpus: string;
	mems: string;
	/** bytes, of huge pages */
	pageSizes: readonly number[];
	/** how many bunker itself may use */
	processors: number;
}

/** What is asked of the file system. */
export interface Host {
	exists(path: string): boolean;
	/** trimmed; "" where it is not there */
	read(path: string): string;
	/** names in a directory */
	list(path: string): string[];
}

/** The abilities of this host. */
export function abilities(): Abilities {
	return abilitiesOf(detect(), {
		exists: (path) => statusIfThere(path, AT_FDCWD, 0) !== undefined,
		read: (path) => text(path.startsWith("/proc/") ? readFileIfThere(path) : readSmallIfThere(path)),
		list,
	});
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array()).trim();

/** The abilities of a host with these hierarchies. Pure but for what it asks of `host`. */
export function abilitiesOf(hierarchies: readonly Hierarchy[], host: Host): Abilities {
	const groups = hierarchies.map((hierarchy) => ({ hierarchy, path: hierarchy.mount }));
	const where = (v1: string, v2 = v1) => groupWith(groups, v1)?.hierarchy ?? groupWith(groups, v2)?.hierarchy;
	const memory = where("memory");
	const cpu = where("cpu");
	const cpuset = where("cpuset");
	const blkio = where("blkio", "io");
	const there = { memory, cpu, cpuset, blkio, pids: where("pids"), hugetlb: where("hugetlb") };
	return {
		controllers: Object.entries(there).flatMap(([name, hierarchy]) => (hierarchy ? [name] : [])),
		swap: memory !== undefined && countsSwap(memory, host),
		swappiness: memory?.version === 1 && host.exists(`${memory.mount}/memory.swappiness`),
		oomKillDisable: memory?.version === 1 && host.exists(`${memory.mount}/memory.oom_control`),
		realtime: cpu?.version === 1 && host.exists(`${cpu.mount}/cpu.rt_runtime_us`),
		weight: blkio !== undefined && hasWeights(blkio, host),
		cpus: cpuset ? setOf(cpuset, "cpus", host) : "",
		mems: cpuset ? setOf(cpuset, "mems", host) : "",
		pageSizes: host.list("/sys/kernel/mm/hugepages").map(pageSizeOf),
		processors: processorsOf(host.read("/proc/self/status")),
	};
}

function countsSwap(memory: Hierarchy, host: Host): boolean {
	if (memory.version === 1) return host.exists(`${memory.mount}/memory.memsw.limit_in_bytes`);
	return hasFile(memory, host, "memory.max", ["memory.swap.max"]) ?? host.exists("/proc/swaps");
}

/** Of v1 the root tells: with BFQ its children have weights, and with what was before it the root has, too. */
function hasWeights(blkio: Hierarchy, host: Host): boolean {
	if (blkio.version === 1)
		return (
			["blkio.weight", "blkio.bfq.io_serviced"].find((name) => host.exists(`${blkio.mount}/${name}`)) !== undefined
		);
	return hasFile(blkio, host, "io.max", ["io.weight", "io.bfq.weight"]) ?? true;
}

/**
 * Whether the cgroups of a v2 hierarchy have one of these files. Its root has
 * none of them, so one below it is asked that has the controller.
 * @param sign a file that every cgroup with the controller has
 * @returns undefined where there is no such cgroup to ask
 */
function hasFile({ mount, own }: Hierarchy, host: Host, sign: string, names: readonly string[]): boolean | undefined {
	const has = (path: string) => host.exists(`${path}/${sign}`);
	const asked =
		[mount, `${mount}${own}`, `${mount}${DEFAULT_PARENT}`].find(has) ??
		host
			.list(mount)
			.map((name) => `${mount}/${name}`)
			.find(has);
	return asked === undefined ? undefined : names.find((name) => host.exists(`${asked}/${name}`)) !== undefined;
}

/** In v1 `cpus` is what was asked for: with processors that are not there any more. */
function setOf({ version, mount }: Hierarchy, which: "cpus" | "mems", host: Host): string {
	if (version === 2) return host.read(`${mount}/cpuset.${which}.effective`);
	return host.read(`${mount}/cpuset.effective_${which}`) || host.read(`${mount}/cpuset.${which}`);
}

/** `hugepages-2048kB` → bytes (Documentation/admin-guide/mm/hugetlbpage.rst) */
const pageSizeOf = (name: string): number => Number.parseInt(name.slice("hugepages-".length), 10) * 1024;

function processorsOf(status: string): number {
	const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? "";
	return countOf(parseSet(allowed) ?? [[0, 0]]);
}
