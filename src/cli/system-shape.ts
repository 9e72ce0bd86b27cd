/** docker's types of what `info` and `version` say (moby, api/types/system; docker/cli, cli/command/system). */

import { bool, int, labels, list, map, maybe, type Shape, struct, text, texts } from "../template/shape.ts";

const platform = struct("struct {}", { Name: text });

const client = {
	Platform: maybe(platform),
	Version: text,
	"APIVersion=ApiVersion": text,
	DefaultAPIVersion: text,
	GitCommit: text,
	GoVersion: text,
	Os: text,
	Arch: text,
	BuildTime: text,
	Context: text,
};

const server = struct("types.Version", {
	Platform: platform,
	Components: list(struct("types.ComponentVersion", { Name: text, Version: text, Details: labels })),
	Version: text,
	"APIVersion=ApiVersion": text,
	MinAPIVersion: text,
	GitCommit: text,
	GoVersion: text,
	Os: text,
	Arch: text,
	KernelVersion: text,
	Experimental: bool,
	BuildTime: text,
});

/** system.versionInfo */
export const versionShape: Shape = struct("system.versionInfo", {
	Client: struct("system.clientVersion", client),
	Server: maybe(server),
});

const commit = struct("system.Commit", { ID: text, Expected: text });

/** system.dockerInfo */
export const infoShape: Shape = struct("system.dockerInfo", {
	ID: text,
	Containers: int,
	ContainersRunning: int,
	ContainersPaused: int,
	ContainersStopped: int,
	Images: int,
	Driver: text,
	DriverStatus: list(texts, "[2]string"),
	Plugins: struct("system.PluginsInfo", { Volume: texts, Network: texts, Authorization: texts, Log: texts }),
	MemoryLimit: bool,
	SwapLimit: bool,
	KernelMemory: bool,
	KernelMemoryTCP: bool,
	"CPUCfsPeriod=CpuCfsPeriod": bool,
	"CPUCfsQuota=CpuCfsQuota": bool,
	CPUShares: bool,
	CPUSet: bool,
	PidsLimit: bool,
	IPv4Forwarding: bool,
	Debug: bool,
	NFd: int,
	OomKillDisable: bool,
	NGoroutines: int,
	SystemTime: text,
	LoggingDriver: text,
	CgroupDriver: text,
	CgroupVersion: text,
	NEventsListener: int,
	KernelVersion: text,
	OperatingSystem: text,
	OSVersion: text,
	OSType: text,
	Architecture: text,
	IndexServerAddress: text,
	RegistryConfig: maybe(struct("registry.ServiceConfig", {})),
	NCPU: int,
	MemTotal: int,
	GenericResources: texts,
	DockerRootDir: text,
	"HTTPProxy=HttpProxy": text,
	"HTTPSProxy=HttpsProxy": text,
	NoProxy: text,
	Name: text,
	Labels: texts,
	ExperimentalBuild: bool,
	ServerVersion: text,
	Runtimes: map(
		struct("system.RuntimeWithStatus", { "Path=path": text, "Args=runtimeArgs": texts }),
		"system.RuntimeWithStatus",
	),
	DefaultRuntime: text,
	Swarm: struct("swarm.Info", {
		NodeID: text,
		NodeAddr: text,
		LocalNodeState: text,
		ControlAvailable: bool,
		Error: text,
		RemoteManagers: texts,
	}),
	LiveRestoreEnabled: bool,
	Isolation: text,
	InitBinary: text,
	ContainerdCommit: commit,
	RuncCommit: commit,
	InitCommit: commit,
	SecurityOptions: texts,
	CDISpecDirs: texts,
	DefaultAddressPools: list(
		struct("system.NetworkAddressPool", { Base: text, Size: int }),
		"system.NetworkAddressPool",
	),
	Warnings: texts,
	ServerErrors: texts,
	ClientInfo: maybe(struct("system.clientInfo", { Debug: bool, ...client, Plugins: texts, Warnings: texts })),
	ClientErrors: texts,
	Configuration: map(text),
});
