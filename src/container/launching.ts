/**
 * Starting a container that exists: its files, tape and monitor. Whoever calls
 * this holds the operation lock.
 */

import { O_DIRECTORY, O_PATH, O_RDONLY } from "../../ffi/constants.ts";
import { isDirectory } from "../../ffi/directory.ts";
import { close, open } from "../../ffi/file.ts";
import { openSelf, ownCapabilities } from "../../ffi/process.ts";
import { holdSignals, terminalSize } from "../../ffi/session.ts";
import { packetPair } from "../../ffi/socket.ts";
import { attachDevices, type Group, hasDeviceController, watchOom } from "../cgroup/cgroup.ts";
import { now } from "../clock.ts";
import { trace } from "../environment.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Image } from "../image/image.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import type { Endpoint } from "../network/network.ts";
import { containerDirectory, runDirectory } from "../places.ts";
import {
	capabilitiesOf,
	capabilityMask,
	Descriptors,
	encodeIdentity,
	joinsPid,
	type PolicyOptions,
	type Spec,
	USER_ANNOTATION,
} from "../runtime/runtime.ts";
import { encodeAttributes, logAttributes } from "./attributes.ts";
import { lookAtBinds } from "./binds.ts";
import { callerStreams, type Foreground } from "./callers.ts";
import { joined } from "./cgroups.ts";
import { gatherDevices, hostDevices } from "./devices.ts";
import { recordOf } from "./events.ts";
import { makeBase, makeDirectoriesOf, makeRunDirectory } from "./files.ts";
import { checkIn } from "./health.ts";
import { asksForGateway } from "./hosts.ts";
import { lockRoot, waitForHolds } from "./locks.ts";
import { isNetworked, networkDonor, openDonors } from "./namespaces.ts";
import { isLinked, linkedTo } from "./networking.ts";
import { makeCgroup } from "./new-cgroup.ts";
import type { RunOptions } from "./options.ts";
import { compilePlan, type HelperDescriptors, type PlanOptions } from "./plan.ts";
import { openNull, play } from "./play.ts";
import { sharesWithHost } from "./points.ts";
import { restartRule } from "./policy.ts";
import { ProbeJob } from "./probing.ts";
import { hostHostname, namesDirectory, writeFiles } from "./provided.ts";
import { sweepEnded } from "./reconciling.ts";
import { buildSpec } from "./spec.ts";
import { byId, type Container } from "./table.ts";
import { withoutLinks } from "./targets.ts";
import { recordVolumes } from "./volume-events.ts";
import { watch } from "./watched.ts";
import { userIn } from "./who.ts";

const STDOUT = 1;

/** A program that was started. */
export interface Started {
	pid: number;
	/** our end of the monitor's control socket */
	control: number;
}

/**
 * Starts a container.
 * @param image what it is made of; undefined with --rootfs
 * @param foreground what the CLI takes and gives, if it stays
 * @throws Failure 125, 126 or 127, with nothing running
 */
export async function launchContainer(
	store: Store,
	container: Container,
	image: Image | undefined,
	foreground: Foreground | undefined,
): Promise<Started> {
	const { id, options } = container;
	checkRoot(options.rootfs);
	makeBase(store);
	const isNew = makeDirectoriesOf(store, id, image?.layers[image.layers.length - 1]);
	makeRunDirectory(store, id);
	using root = lockRoot(store, id);
	if (!isNew) waitForHolds(store, id);
	if (options.storage) await (await import("./storage.ts")).limitStorage(store, container);
	using networking = isNetworked(options) ? await joinNetworks(store, container, image) : undefined;
	trace("time", "networks taken");
	using cgroup = makeCgroup(id, options.cgroupParent);
	const donors = await openDonors(store, options);
	const { spec, sources } = await provide(store, container, image, cgroup.groups, networking?.endpoints ?? []);
	const home = joinsPid(spec) ? open("/proc/self/ns/pid", O_RDONLY) : -1;
	await limitGroups(cgroup.groups, options, spec.linux.resources);

	const control = packetPair();
	const sync = packetPair();
	const { descriptors, numbers } = helperDescriptors(store, container, foreground, {
		control: control[1],
		sync: sync[1],
		lock: root.fd,
		donors,
		home,
	});
	const check = checkIn(spec);
	using probe = check && new ProbeJob(spec, check);
	using oom = watchOom(cgroup.groups);
	numbers.oom = oom && passOom(descriptors, oom);
	numbers.health = probe?.policy(descriptors.pass(probe.fd));
	if (networking && networking.sockets.length > 0)
		numbers.ports = (await import("./publishing.ts")).passPorts(descriptors, networking.sockets);
	const played = await withoutLinks(store, { id, options, image, isNew }, spec);
	const compiled = compilePlan({
		places: store.places,
		id,
		options,
		image,
		spec: played,
		cgroups: cgroup.groups,
		sources,
		descriptors: numbers,
		logAttributes: encodeAttributes(logAttributes(container, image?.config.config?.Labels)),
		terminalSize: options.tty && foreground ? terminalSize(STDOUT) : undefined,
		detached: !foreground,
		restart: restartRule(container),
	});
	const capabilities = capabilityMask(spec.process.capabilities.effective);
	const user = spec.annotations[USER_ANNOTATION] ?? "";
	let time: string | undefined;
	const answer = async (pid: number) => {
		networking?.finish(pid);
		if (foreground?.forwardSignals) holdSignals();
		// The last we do before the program starts: its end comes after that, however soon.
		time = now();
		const identity = userIn(pid, user, options.groups);
		probe?.fill(identity, cgroup.groups.map(joined));
		return encodeIdentity(identity, capabilities);
	};
	const spawned = (monitor: number) => {
		watch(store, { pid: monitor, id }, options);
		networking?.plan();
	};
	const forked = networking?.wire;
	const pid = await play({ compiled, descriptors, control, sync, title: id.slice(0, 12), spawned, forked, answer });
	cgroup.keep();
	networking?.keep();
	noteStarted(store, container, foreground !== undefined, time);
	for (const pidfd of donors.values()) close(pidfd);
	if (home >= 0) close(home);
	return { pid, control: control[0] };
}

async function joinNetworks(store: Store, container: Container, image: Image | undefined) {
	return (await import("./joining.ts")).takeNetworks(store, container, {
		exposed: image?.config.config?.ExposedPorts ?? {},
		sweep: () => sweepEnded(store),
		named: (other) => byId(store, other)?.name,
	});
}

/** Its config.json, the files for its /etc, and what the host has to have for its volumes. */
async function provide(
	store: Store,
	container: Container,
	image: Image | undefined,
	groups: readonly Group[],
	endpoints: readonly Endpoint[],
): Promise<{ spec: Spec; sources: PlanOptions["sources"] }> {
	const { id, options } = container;
	const links = isLinked(endpoints)
		? await (await import("./linking.ts")).follow(store, container, endpoints)
		: undefined;
	if (options.points) await (await import("./volume-sources.ts")).makeMissing(store, options);
	const spec = await specOf(store, container, image, groups, links?.env);
	const lines = {
		gateways: asksForGateway(options.extraHosts) ? await (await import("./gateway.ts")).hostGateways(store) : [],
		links: links?.hosts ?? [],
	};
	writeFiles(store, id, spec, options, endpoints, lines);
	const askers = linkedTo(store, id, endpoints);
	if (askers.length > 0) (await import("./linking.ts")).tell(store, endpoints, askers);
	const sources = await lookAtBinds(store, spec, options);
	if (sharesWithHost(options)) (await import("./propagation.ts")).checkPropagation(spec);
	trace("time", "files written");
	return { spec, sources };
}

/** Not while the child makes its root: v1's list of devices begins with "deny all", and it makes nodes. */
async function limitGroups(
	groups: readonly Group[],
	{ limits }: RunOptions,
	resources: Spec["linux"]["resources"],
): Promise<void> {
	if (limits && resources) (await import("./limiting.ts")).limit(groups, resources);
	if (resources?.devices) await attachDevices(groups, resources.devices);
	trace("time", "limits written");
}

/** On v2 one descriptor tells and counts. */
function passOom(descriptors: Descriptors, { wake, file }: { wake: number; file: number }): PolicyOptions["oom"] {
	const passed = descriptors.pass(file);
	return { file: passed, wake: wake === file ? passed : wake < 0 ? -1 : descriptors.pass(wake) };
}

function noteStarted(store: Store, container: Container, attached: boolean, time: string | undefined): void {
	store.transaction(() => {
		if (attached) recordOf(store, container, "attach", { time });
		if (container.options.points) recordVolumes(store, container.id, "mount", time);
		recordOf(store, container, "start", { time });
	});
	announce(store);
	trace("time", "start recorded");
}

/**
 * config.json of a container, built anew: everything it depends on is stored.
 * @param groups its cgroup, made or to be made
 * @param linked variables of containers that it is linked to
 */
export async function specOf(
	store: Store,
	container: Container,
	image: Image | undefined,
	groups: readonly Group[],
	linked?: readonly string[],
): Promise<Spec> {
	const { options } = container;
	const donor = networkDonor(store, options);
	return buildSpec(options, image?.config.config, {
		id: container.id,
		runDirectory: namesDirectory(store, container.id, donor?.id),
		content: options.points ? (await import("./volume-sources.ts")).sourcesOf(store, options) : noVolume,
		hostHostname: hostHostname(),
		donor,
		capabilities: () => capabilitiesOf(ownCapabilities()),
		devices: hostDevices,
		gathered: options.devices && gatherDevices(options.devices),
		controlsDevices: hasDeviceController(groups),
		linked,
		resources: options.limits && (await import("./limiting.ts")).resourcesFor(options),
	});
}

/** Of who has none. */
const noVolume = () => ({ path: "" });

function checkRoot(rootfs: string | undefined): void {
	if (rootfs === undefined || isDirectory(rootfs)) return;
	throw new Failure(`use ${rootfs} as the root file system: not a directory`, { exitCode: EXIT.refused });
}

function helperDescriptors(
	store: Store,
	{ id, options }: Container,
	foreground: Foreground | undefined,
	given: { control: number; sync: number; lock: number; donors: Map<string, number>; home: number },
): { descriptors: Descriptors; numbers: HelperDescriptors } {
	const descriptors = new Descriptors(openNull());
	const directory = (path: string) => open(path, O_PATH | O_DIRECTORY);
	const donors = new Map<string, number>();
	for (const [donor, pidfd] of given.donors) donors.set(donor, descriptors.pass(pidfd));
	const numbers: HelperDescriptors = {
		control: descriptors.pass(given.control),
		cli: foreground ? descriptors.pass(openSelf()) : -1,
		sync: descriptors.pass(given.sync),
		lock: descriptors.pass(given.lock),
		runDirectory: descriptors.pass(directory(runDirectory(store.places, id))),
		logDirectory: descriptors.pass(directory(containerDirectory(store.places, id))),
		callers: foreground && !options.tty ? callerStreams(descriptors, foreground.streams) : [],
		donors,
		home: given.home < 0 ? -1 : descriptors.pass(given.home),
	};
	return { descriptors, numbers };
}
