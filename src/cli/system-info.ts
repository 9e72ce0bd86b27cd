/** What `info` says, in the shape of docker's (test/reference of the API: moby, api/types/system/info.go). What bunker has not is empty. */

import { kernelRelease } from "../../ffi/process.ts";
import { version } from "../../package.json";
import { abilities } from "../cgroup/cgroup.ts";
import { now } from "../clock.ts";
import { count } from "../container/container.ts";
import { type Config, configKeys } from "../flags/config.ts";
import { list } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { firewallWarnings } from "../network/network.ts";
import {
	cgroupVersion,
	engineId,
	fileSystemName,
	forwardsPackets,
	hostName,
	memoryTotal,
	operatingSystem,
} from "./host.ts";
import { clientVersion } from "./version-info.ts";

/** docker prints such lines after the rest, on stderr. */
const WARNINGS = [
	"WARNING: no seccomp filter yet: containers can make every system call that their capabilities allow",
];

/** Everything; `Configuration` at the end is ours. */
export async function systemInfo(store: Store, config: Config) {
	const { containers, running, paused, stopped } = await count(store);
	const cgroups = cgroupFacts();
	return {
		ID: engineId(store.places.root),
		Containers: containers,
		ContainersRunning: running,
		ContainersPaused: paused,
		ContainersStopped: stopped,
		Images: list(store, { all: true }).length,
		...ENGINE,
		DriverStatus: driverStatus(store.places.root),
		...cgroups,
		...DAEMON,
		...hostFacts(),
		LoggingDriver: config["log-driver"] ?? "local",
		...(config["default-address-pools"] && { DefaultAddressPools: config["default-address-pools"].map(poolOf) }),
		DockerRootDir: store.places.root,
		ServerVersion: version,
		Runtimes: { bunker: { path: process.execPath } },
		...PARTS,
		Warnings: [...WARNINGS, ...lacking(cgroups), ...(await firewallWarnings(store)).map((text) => `WARNING: ${text}`)],
		ClientInfo: { Debug: false, ...clientVersion(), Plugins: [], Warnings: null },
		Configuration: Object.fromEntries(configKeys.map((key) => [key, config[key] ?? null])),
	};
}

const ENGINE = {
	Driver: "overlay2",
	Plugins: {
		Volume: [],
		Network: ["bridge", "host", "ipvlan", "macvlan", "null"],
		Authorization: null,
		Log: ["json-file", "local"],
	},
};

/** What overlays are mounted with, in docker's words (moby, daemon/graphdriver/overlay2). */
const driverStatus = (root: string): [string, string][] => [
	["Backing Filesystem", fileSystemName(root)],
	["Supports d_type", "true"],
	["Using metacopy", "false"],
	["Native Overlay Diff", "true"],
	["userxattr", "false"],
];

/** What limits can be had (moby, daemon/info_unix.go). Of TCP's kernel memory there is no flag. */
function cgroupFacts() {
	const { controllers, swap, oomKillDisable } = abilities();
	const version = cgroupVersion();
	return {
		MemoryLimit: controllers.includes("memory"),
		SwapLimit: swap,
		KernelMemoryTCP: false,
		CpuCfsPeriod: controllers.includes("cpu"),
		CpuCfsQuota: controllers.includes("cpu"),
		CPUShares: controllers.includes("cpu"),
		CPUSet: controllers.includes("cpuset"),
		PidsLimit: controllers.includes("pids"),
		OomKillDisable: oomKillDisable,
		CgroupDriver: version === "none" ? "none" : "cgroupfs",
		// docker has one number: on a hybrid host it is that of the controllers, which are v1's.
		CgroupVersion: version.slice(0, 1).replace("n", ""),
	};
}

type CgroupFacts = ReturnType<typeof cgroupFacts>;

/** docker's words for what is missing. On v2 nobody can switch the OOM killer off. */
const LACKING: [fact: keyof CgroupFacts, warning: string][] = [
	["MemoryLimit", "No memory limit support"],
	["SwapLimit", "No swap limit support"],
	["OomKillDisable", "No oom kill disable support"],
	["CpuCfsQuota", "No cpu cfs quota support"],
	["CpuCfsPeriod", "No cpu cfs period support"],
	["CPUShares", "No cpu shares support"],
	["CPUSet", "No cpuset support"],
	["PidsLimit", "No pids limit support"],
];

const lacking = (facts: CgroupFacts): string[] =>
	LACKING.filter(([fact]) => !facts[fact] && !(fact === "OomKillDisable" && facts.CgroupVersion === "2")).map(
		([, warning]) => `WARNING: ${warning}`,
	);

const poolOf = ({ base, size }: { base: string; size: number }) => ({ Base: base, Size: size });

/** Of a daemon, which is not there. */
const DAEMON = { Debug: false, NFd: 0, NGoroutines: 0, NEventsListener: 0 };

/** The kernel's name of the machine, as `uname -m` prints it. */
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";

function hostFacts() {
	const { name, version: release } = operatingSystem();
	return {
		IPv4Forwarding: forwardsPackets(),
		SystemTime: now(),
		KernelVersion: kernelRelease(),
		OperatingSystem: name,
		OSVersion: release,
		OSType: "linux",
		Architecture: MACHINE,
		IndexServerAddress: "",
		RegistryConfig: null,
		NCPU: navigator.hardwareConcurrency,
		MemTotal: memoryTotal(),
		GenericResources: null,
		HttpProxy: "",
		HttpsProxy: "",
		NoProxy: "",
		Name: hostName(),
		Labels: [],
		ExperimentalBuild: false,
	};
}

/** No daemon: containers run on whatever becomes of bunker. No swarm, and no programs of others. */
const PARTS = {
	DefaultRuntime: "bunker",
	Swarm: {
		NodeID: "",
		NodeAddr: "",
		LocalNodeState: "inactive",
		ControlAvailable: false,
		Error: "",
		RemoteManagers: null,
	},
	LiveRestoreEnabled: true,
	Isolation: "",
	InitBinary: "bunker",
	ContainerdCommit: { ID: "" },
	RuncCommit: { ID: "" },
	InitCommit: { ID: "" },
	SecurityOptions: ["name=cgroupns"],
	CDISpecDirs: [],
};
