/** Hosts as detection finds them, with the cgroup of one container in each of their hierarchies. */

import type { Group, Hierarchy } from "../../src/cgroup/hierarchy.ts";
import type { LimitFacts } from "../../src/cgroup/limit-list.ts";

const TOP = "/sys/fs/cgroup";
const v1 = (controllers: string, own = "/"): Hierarchy => ({
	version: 1,
	controllers: controllers.split(","),
	mount: `${TOP}/${controllers}`,
	own,
});
const v2 = (mount: string, controllers: string, own = "/"): Hierarchy => ({
	version: 2,
	controllers: controllers.split(" ").filter(Boolean),
	mount,
	own,
});

const ALL_V1 = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"];

/** By kind. */
export const HOSTS = {
	v1: [...ALL_V1, "hugetlb"].map((one) => v1(one)),
	/** as systemd mounts it */
	comounted: ["cpu,cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb"].map((one) =>
		v1(one),
	),
	v2: [v2(TOP, "cpuset cpu io memory hugetlb pids rdma misc")],
	/** controllers split between both */
	hybrid: [v1("memory"), v1("devices"), v1("cpuset"), v2(`${TOP}/unified`, "cpu io pids hugetlb")],
	/** this project's development hosts */
	hugetlbAlone: [...ALL_V1.map((one) => v1(one)), v2(`${TOP}/unified`, "hugetlb")],
	/** in a container of docker's, with a cgroup namespace of its own */
	nested: [v2(TOP, "cpuset cpu io memory hugetlb pids", "/init")],
	/** nothing but devices and CPU time */
	missing: [v1("cpu"), v1("devices")],
	none: [],
} satisfies Record<string, Hierarchy[]>;

/** The cgroup of a container. */
export const groupsOn = (host: keyof typeof HOSTS, path = "/bunker/c"): Group[] =>
	HOSTS[host].map((hierarchy: Hierarchy) => ({ hierarchy, path: `${hierarchy.mount}${path}` }));

/** A kernel that has every file but these. @param values what files hold, of a cgroup in use */
export function kernel(without: readonly string[] = [], values?: Record<string, string>): LimitFacts {
	return {
		exists: (_, file) => !without.includes(file),
		available: (_, of) => (of === "cpus" ? "0-3,6" : "0"),
		...(values && { current: (_: Group, file: string) => values[file] ?? "" }),
	};
}
