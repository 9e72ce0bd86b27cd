/** A container in the shape of docker's `inspect`, as far as bunker knows its fields. */

import { formatTime } from "../clock.ts";
import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, layersDirectory, runDirectory } from "../places.ts";
import { INIT_ANNOTATION, type Spec } from "../runtime/runtime.ts";
import { specOf } from "./launching.ts";
import { logName } from "./plan.ts";
import { isUp, type Look, look, stateName } from "./state.ts";
import { type Container, find } from "./table.ts";

const NEVER = "0001-01-01T00:00:00Z";

/** Inspects a container. @throws Failure if there is none of that name */
export function inspect(store: Store, name: string): object {
	const seen = look(store, find(store, name));
	const { container } = seen;
	const image = container.image === null ? undefined : get(store, container.image);
	const spec = specOf(store, container, image);
	const directory = containerDirectory(store.places, container.id);
	const run = runDirectory(store.places, container.id);
	const [path = "", ...args] = spec.process.args;
	return {
		Id: container.id,
		Created: container.created,
		Path: path,
		Args: args,
		State: stateOf(seen),
		Image: container.image ?? "",
		ResolvConfPath: `${run}/resolv.conf`,
		HostnamePath: `${run}/hostname`,
		HostsPath: `${run}/hosts`,
		LogPath: container.options.log.driver === "none" ? "" : `${directory}/${logName(container.id, container.options)}`,
		Name: `/${container.name}`,
		RestartCount: container.restarts,
		Driver: "overlay2",
		Platform: "linux",
		MountLabel: "",
		ProcessLabel: "",
		AppArmorProfile: "",
		ExecIDs: null,
		HostConfig: hostConfig(container, spec),
		GraphDriver: image
			? {
					Data: {
						LowerDir: [...image.layers]
							.reverse()
							.map((layer) => `${layersDirectory(store.places)}/${layer}`)
							.join(":"),
						UpperDir: `${directory}/upper`,
						WorkDir: `${directory}/work`,
					},
					Name: "overlay2",
				}
			: { Data: null, Name: "" },
		Mounts: container.options.volumes.map((volume) => ({
			Type: "bind",
			Source: volume.source,
			Destination: volume.target,
			Mode: volume.readOnly ? "ro" : "",
			RW: !volume.readOnly,
			Propagation: "rprivate",
		})),
		Config: config(container, spec, image?.config.config.Labels),
		NetworkSettings: { Ports: {}, Networks: { [container.options.network]: {} } },
	};
}

function stateOf(seen: Look): object {
	const { container, running } = seen;
	return {
		Status: stateName(seen),
		Running: isUp(seen),
		Paused: false,
		Restarting: stateName(seen) === "restarting",
		OOMKilled: false,
		Dead: false,
		Pid: running?.program ?? 0,
		ExitCode: running ? 0 : (container.exitCode ?? 0),
		Error: container.error ?? "",
		StartedAt: running ? formatTime(running.started) : (container.started ?? NEVER),
		FinishedAt: container.finished ?? NEVER,
	};
}

function hostConfig({ options }: Container, spec: Spec): object {
	return {
		Binds: options.volumes.length
			? options.volumes.map((volume) => `${volume.source}:${volume.target}${volume.readOnly ? ":ro" : ""}`)
			: null,
		ContainerIDFile: "",
		LogConfig: {
			Type: options.log.driver,
			Config:
				options.log.driver === "none"
					? {}
					: { "max-size": String(options.log.maxSize), "max-file": String(options.log.maxFiles) },
		},
		NetworkMode: options.network,
		PortBindings: {},
		RestartPolicy: {
			Name: options.restart?.name ?? "no",
			MaximumRetryCount: options.restart?.maximumRetries ?? 0,
		},
		AutoRemove: options.remove,
		CapAdd: null,
		CapDrop: null,
		CgroupnsMode: "private",
		IpcMode: "private",
		Privileged: false,
		ReadonlyRootfs: options.readOnly,
		ShmSize: 67108864,
		Runtime: "bunker",
		Init: spec.annotations[INIT_ANNOTATION] === "true",
		MaskedPaths: spec.linux.maskedPaths,
		ReadonlyPaths: spec.linux.readonlyPaths,
	};
}

function config({ options }: Container, spec: Spec, labels: Record<string, string> | null | undefined): object {
	return {
		Hostname: spec.hostname,
		Domainname: "",
		User: options.user ?? "",
		AttachStdin: options.interactive && !options.detach,
		AttachStdout: !options.detach,
		AttachStderr: !options.detach,
		Tty: options.tty,
		OpenStdin: options.interactive,
		StdinOnce: options.interactive && !options.detach,
		Env: spec.process.env,
		Cmd: options.command.length > 0 ? options.command : null,
		Image: options.image ?? "",
		Volumes: null,
		WorkingDir: options.workingDirectory ?? "",
		Entrypoint: options.entrypoint ?? null,
		Labels: { ...labels, ...options.labels },
	};
}
