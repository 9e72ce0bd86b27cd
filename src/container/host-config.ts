/** docker's HostConfig of a container: what its flags have asked of the host (moby, api/types/container/hostconfig.go). Pure. */

import type { PublishOption } from "../network/network.ts";
import { capabilityName } from "../runtime/runtime.ts";
import { byName } from "./maps.ts";
import { mountSpec } from "./mount-spec.ts";
import type { LogOptions, RateOption, RunOptions, VolumeOption } from "./options.ts";
import { protectedPaths } from "./privileges.ts";

const SHM_SIZE = 64 * 1024 * 1024;

/** What it depends on beside the flags. */
export interface HostFacts {
	/** docker shows null where the OOM killer cannot be switched off */
	oomKillDisable: boolean;
	/** `/web:/this/alias` */
	links?: readonly string[];
}

/** The HostConfig, its fields in docker's order. What bunker has no flag for yet is what docker shows without it. */
export function hostConfig(options: RunOptions, host: HostFacts): object {
	return {
		...basics(options),
		...namespaces(options, host),
		...limits(options, host),
		...processes(options),
		...(options.mounts && { Mounts: options.mounts.map(mountSpec) }),
		...paths(options),
	};
}

function basics(options: RunOptions): object {
	return {
		Binds: filled(options.volumes.filter(({ source }) => source !== "").map(bind)),
		ContainerIDFile: options.idFile ?? "",
		LogConfig: { Type: options.log.driver, Config: logConfig(options.log) },
		NetworkMode: options.network,
		PortBindings: portBindings(options.publish),
		RestartPolicy: {
			Name: options.restart?.name ?? "no",
			MaximumRetryCount: options.restart?.maximumRetries ?? 0,
		},
		AutoRemove: options.remove,
		VolumeDriver: options.volumeDriver ?? "",
		VolumesFrom: filled(options.volumesFrom),
		ConsoleSize: [0, 0],
		...(options.annotations && { Annotations: options.annotations }),
		CapAdd: filled(capabilities(options.capAdd)),
		CapDrop: filled(capabilities(options.capDrop)),
	};
}

function namespaces(options: RunOptions, { links }: HostFacts): object {
	return {
		CgroupnsMode: options.cgroupns ?? "private",
		Dns: options.dns ?? [],
		DnsOptions: options.dnsOptions ?? [],
		DnsSearch: options.dnsSearch ?? [],
		ExtraHosts: filled(options.extraHosts),
		GroupAdd: filled(options.groups),
		IpcMode: options.ipc ?? "private",
		Cgroup: "",
		Links: filled(links),
		OomScoreAdj: options.oomScoreAdj ?? 0,
		PidMode: options.pid ?? "",
		Privileged: options.privileged ?? false,
		PublishAllPorts: options.publishAll ?? false,
		ReadonlyRootfs: options.readOnly,
		SecurityOpt: options.noNewPrivileges ? ["no-new-privileges"] : null,
		...(options.storage && { StorageOpt: options.storage.typed }),
		...(options.tmpfs?.length && { Tmpfs: tmpfs(options.tmpfs) }),
		UTSMode: options.uts ?? "",
		UsernsMode: "",
		ShmSize: options.shmSize ?? SHM_SIZE,
		...(options.sysctls && { Sysctls: options.sysctls }),
		Runtime: "bunker",
		Isolation: "",
	};
}

/** As docker stores them: 0 and "" are "not set". */
function limits({ limits = {}, cgroupParent, deviceRules, devices }: RunOptions, host: HostFacts): object {
	return {
		CpuShares: limits.cpuShares ?? 0,
		Memory: limits.memory ?? 0,
		NanoCpus: limits.nanoCpus ?? 0,
		CgroupParent: cgroupParent ?? "",
		BlkioWeight: limits.blkioWeight ?? 0,
		BlkioWeightDevice: (limits.blkioWeightDevice ?? []).map(({ path, weight }) => ({ Path: path, Weight: weight })),
		BlkioDeviceReadBps: rates(limits.blkioDeviceReadBps),
		BlkioDeviceWriteBps: rates(limits.blkioDeviceWriteBps),
		BlkioDeviceReadIOps: rates(limits.blkioDeviceReadIOps),
		BlkioDeviceWriteIOps: rates(limits.blkioDeviceWriteIOps),
		CpuPeriod: limits.cpuPeriod ?? 0,
		CpuQuota: limits.cpuQuota ?? 0,
		CpuRealtimePeriod: limits.cpuRealtimePeriod ?? 0,
		CpuRealtimeRuntime: limits.cpuRealtimeRuntime ?? 0,
		CpusetCpus: limits.cpusetCpus ?? "",
		CpusetMems: limits.cpusetMems ?? "",
		Devices: (devices ?? []).map(({ host, path, access }) => ({
			PathOnHost: host,
			PathInContainer: path,
			CgroupPermissions: access,
		})),
		DeviceCgroupRules: filled(deviceRules),
		DeviceRequests: null,
		MemoryReservation: limits.memoryReservation ?? 0,
		MemorySwap: limits.memorySwap ?? 0,
		MemorySwappiness: limits.memorySwappiness ?? null,
		OomKillDisable: host.oomKillDisable ? (limits.oomKillDisable ?? false) : null,
		PidsLimit: limits.pidsLimit ?? null,
		// As OCI has it: docker has no such limit.
		...(limits.hugePages && {
			HugepageLimits: limits.hugePages.map(({ pageSize, limit }) => ({ PageSize: pageSize, Limit: limit })),
		}),
	};
}

const rates = (options: readonly RateOption[] = []): object[] =>
	options.map(({ path, rate }) => ({ Path: path, Rate: rate }));

function processes(options: RunOptions): object {
	return {
		Ulimits: (options.ulimits ?? []).map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
		CpuCount: 0,
		CpuPercent: 0,
		IOMaximumIOps: 0,
		IOMaximumBandwidth: 0,
	};
}

function paths(options: RunOptions): object {
	const { maskedPaths, readonlyPaths } = protectedPaths(options);
	return {
		MaskedPaths: filled(maskedPaths),
		ReadonlyPaths: filled(readonlyPaths),
		...(options.init && { Init: true }),
	};
}

/** By the container's port: a port of the host is "" where the kernel picks one, and may be a range. */
function portBindings(published: readonly PublishOption[] = []): Record<string, object[]> {
	const bindings: Record<string, object[]> = {};
	for (const { port, protocol, address = "", host } of published) {
		const name = `${port}/${protocol}`;
		const HostPort = Array.isArray(host) ? host.join("-") : String(host ?? "");
		bindings[name] = [...(bindings[name] ?? []), { HostIp: address, HostPort }];
	}
	return byName(bindings);
}

const bind = ({ source, target, readOnly, mode = readOnly ? "ro" : "", typed }: VolumeOption): string =>
	typed ?? [source, target, mode].filter(Boolean).join(":");

/** docker shows them with their prefix, whatever was typed. */
const capabilities = (typed: readonly string[] = []): string[] => typed.map((name) => capabilityName(name) ?? name);

function logConfig({ driver, maxSize, maxFiles, labels, tag }: LogOptions): object {
	if (driver === "none") return {};
	return {
		"max-size": String(maxSize),
		"max-file": String(maxFiles),
		...(labels && { labels: labels.join(",") }),
		...(tag !== undefined && { tag }),
	};
}

const tmpfs = (mounts: readonly { target: string; options: string }[]): object =>
	Object.fromEntries(mounts.map(({ target, options }) => [target, options]));

const filled = <T>(list: readonly T[] | undefined): readonly T[] | null => (list && list.length > 0 ? list : null);
