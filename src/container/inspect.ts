/** A container in the shape of docker's `inspect` (test/reference has one of docker's). */

import { abilities } from "../cgroup/cgroup.ts";
import { formatTime } from "../clock.ts";
import { get, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory, layersDirectory, logName } from "../places.ts";
import { committedConfig } from "./commit.ts";
import { mountPoints } from "./facts.ts";
import { healthState } from "./health.ts";
import { readHealth } from "./health-log.ts";
import { hostConfig } from "./host-config.ts";
import { look } from "./looking.ts";
import { byName } from "./maps.ts";
import { networkDonor } from "./namespaces.ts";
import { networkSettings } from "./network-settings.ts";
import { hadOom } from "./oom.ts";
import { hostHostname, namesDirectory } from "./provided.ts";
import { defaultLinks } from "./shown-links.ts";
import { writtenBytes } from "./size.ts";
import { containerHostname } from "./spec.ts";
import { isUp, type Look, stateName } from "./state.ts";
import { type Container, find } from "./table.ts";

const NEVER = "0001-01-01T00:00:00Z";

/**
 * Inspects a container.
 * @param options.size what it has written is counted, too
 * @throws Failure if there is none of that name
 */
export async function inspect(
	store: Store,
	name: string,
	options: { size: boolean } = { size: false },
): Promise<object> {
	const seen = await look(store, find(store, name));
	const { container, running } = seen;
	const image = container.image === null ? undefined : get(store, container.image);
	const directory = containerDirectory(store.places, container.id);
	const donor = networkDonor(store, container.options);
	const run = namesDirectory(store, container.id, donor?.id);
	const [path = "", ...args] = container.command;
	return {
		Id: container.id,
		Created: container.created,
		Path: path,
		Args: args,
		State: stateOf(store, seen),
		Image: container.image ?? "",
		ResolvConfPath: `${run}/resolv.conf`,
		HostnamePath: `${run}/hostname`,
		HostsPath: `${run}/hosts`,
		LogPath:
			container.options.log.driver === "none"
				? ""
				: `${directory}/${logName(container.id, container.options.log.driver)}`,
		Name: `/${container.name}`,
		RestartCount: container.restarts,
		Driver: "overlay2",
		Platform: "linux",
		MountLabel: "",
		ProcessLabel: "",
		AppArmorProfile: "",
		ExecIDs: null,
		HostConfig: hostConfig(container.options, { ...abilities(), links: defaultLinks(store, container) }),
		GraphDriver: graphDriver(store, seen, image),
		...(options.size && sizes(store, container, image)),
		Mounts: mountPoints(store, container.options),
		Config: config(container, image, donor),
		NetworkSettings: networkSettings(store, {
			id: container.id,
			name: container.name,
			imageId: container.image,
			options: container.options,
			pid: running?.program,
		}),
	};
}

function stateOf(store: Store, seen: Look): object {
	const { container, running } = seen;
	const health = running ? readHealth(store, container) : container.health;
	return {
		Status: stateName(seen),
		Running: isUp(seen),
		Paused: seen.paused === true,
		Restarting: stateName(seen) === "restarting",
		OOMKilled: running ? hadOom(store, container) : container.oomKilled,
		Dead: false,
		Pid: running?.program ?? 0,
		ExitCode: running ? 0 : (container.exitCode ?? 0),
		Error: container.error ?? "",
		StartedAt: running ? formatTime(running.started) : (container.started ?? NEVER),
		FinishedAt: container.finished ?? NEVER,
		...(health && { Health: healthState(health) }),
	};
}

/** The layers; they are mounted in the container only, where its first process shows them. */
function graphDriver(store: Store, { container, running }: Look, image: Image | undefined): object {
	if (!image) return { Data: null, Name: "" };
	const directory = containerDirectory(store.places, container.id);
	const layers = image.layers.map((layer) => `${layersDirectory(store.places)}/${layer}`).reverse();
	return {
		Data: {
			ID: container.id,
			LowerDir: layers.join(":"),
			...(running && { MergedDir: `/proc/${running.program}/root` }),
			UpperDir: `${directory}/upper`,
			WorkDir: `${directory}/work`,
		},
		Name: "overlay2",
	};
}

function sizes(store: Store, { id }: Container, image: Image | undefined): object {
	const written = writtenBytes(store, id);
	return { SizeRw: written, SizeRootFs: written + (image?.size ?? 0) };
}

/** What the flags say over what the image says, and docker's zeros for what nobody says. */
function config(container: Container, image: Image | undefined, donor: Container | undefined): object {
	const { options, id } = container;
	const merged = committedConfig(options, image?.config.config ?? {});
	const attached = (stream: "stdin" | "stdout" | "stderr", otherwise: boolean) =>
		!options.detach && (options.attach?.includes(stream) ?? otherwise);
	const stdin = attached("stdin", options.interactive);
	// Of the network that it was made for; deprecated, and still there.
	const mac = options.networks?.[0]?.mac;
	const hostname = containerHostname(options, { id, hostHostname: hostHostname(), donor });
	return {
		Hostname: hostname,
		Domainname: (donor?.options ?? options).domainname ?? "",
		User: merged.User ?? "",
		AttachStdin: stdin,
		AttachStdout: attached("stdout", true),
		AttachStderr: attached("stderr", true),
		...(merged.ExposedPorts && { ExposedPorts: byName(merged.ExposedPorts) }),
		Tty: options.tty,
		OpenStdin: options.interactive,
		StdinOnce: stdin,
		Env: merged.Env ?? [],
		Cmd: merged.Cmd ?? null,
		...(merged.Healthcheck && { Healthcheck: merged.Healthcheck }),
		Image: options.image ?? "",
		Volumes: merged.Volumes ?? null,
		WorkingDir: merged.WorkingDir ?? "",
		Entrypoint: merged.Entrypoint ?? null,
		...(mac !== undefined && { MacAddress: mac }),
		OnBuild: null,
		Labels: byName({ ...merged.Labels, ...container.labels }),
		...(merged.StopSignal && { StopSignal: merged.StopSignal }),
		...(options.stopTimeout !== undefined && { StopTimeout: options.stopTimeout }),
		...(merged.Shell && { Shell: merged.Shell }),
	};
}
