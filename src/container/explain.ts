/** `run --explain`: the plan as a newcomer can follow it. The list is the one that would be played. */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { isDirectory } from "../../ffi/directory.ts";
import { statusIfThere } from "../../ffi/file.ts";
import { isTerminal, STDIN, STDOUT } from "../../ffi/output.ts";
import { terminalSize } from "../../ffi/session.ts";
import { devicePlan, deviceSentence, type Group, groupWith } from "../cgroup/cgroup.ts";
import { EXIT, Failure } from "../failure.ts";
import { get, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { explainNetworks, join } from "../network/network.ts";
import { containerDirectory } from "../places.ts";
import { type Caller, Descriptors, type DeviceRule, donorOf, type Spec } from "../runtime/runtime.ts";
import { attachedStreams } from "./callers.ts";
import { groupsOf } from "./cgroups.ts";
import { checkIn } from "./health.ts";
import { unstarted } from "./inserting.ts";
import { specOf } from "./launching.ts";
import { writesFor } from "./limiting.ts";
import { lookAtSources } from "./mount-sources.ts";
import { PROVIDED_OPTION } from "./mounting.ts";
import { checkName, generateId } from "./names.ts";
import { isNetworked, resolveDonors, resolveLinks } from "./namespaces.ts";
import { connectAll, resolverOf } from "./networking.ts";
import type { RunOptions } from "./options.ts";
import { compilePlan, type HelperDescriptors } from "./plan.ts";
import { needsSettling } from "./points.ts";
import { hasPolicy } from "./policy.ts";
import { wantedPorts } from "./publishing.ts";
import { settle } from "./settling.ts";
import type { Container } from "./table.ts";
import { withoutLinks } from "./targets.ts";

/** The plan of a run, as text. Touches nothing. */
export async function explain(store: Store, asked: RunOptions): Promise<string> {
	const image = asked.image === undefined ? undefined : imageOf(store, asked.image);
	const settled = needsSettling(asked, image) && { points: settle(store, asked, image).points };
	const options = resolveLinks(store, resolveDonors(store, { ...asked, ...settled }));
	if (options.name !== undefined) checkName(options.name);
	const container = imaginary(image, options);
	const groups = groupsOf(container.id, options.cgroupParent);
	const spec = await specOf(store, container, image, groups);
	const directories = new Set(
		spec.mounts
			.filter(({ type, options, source }) => type === "bind" && !options.includes(PROVIDED_OPTION) && !donorOf(source))
			.map(({ source }) => source)
			.filter(willBeDirectory),
	);
	const { tape } = compilePlan({
		places: store.places,
		id: container.id,
		options,
		image,
		spec: await withoutLinks(store, { id: container.id, options, image, isNew: true }, spec),
		cgroups: groups,
		sources: await lookAtSources(store, spec.mounts, directories, { planned: true }),
		descriptors: imaginaryDescriptors(options, spec, groups),
		logAttributes: "",
		terminalSize: options.tty && !options.detach ? terminalSize(STDOUT) : undefined,
		detached: options.detach,
	});
	const steps = tape.steps.map((step, index) => `  step ${index + 1}/${tape.steps.length}: ${step.what}`);
	return [
		...imageLines(image, options),
		"",
		...containerLines(store, container),
		"",
		"cgroup",
		...cgroupLines(groups, spec.linux.resources),
		...deviceLines(groups, spec.linux.resources?.devices),
		"",
		"network",
		...(await networkLines(store, container, image)),
		"",
		"tape: the system calls that make the container, in order; the first that fails is the error you see",
		...steps,
		"",
	].join("\n");
}

/** A volume's source that is missing is made, as a directory. */
function willBeDirectory(source: string): boolean {
	return isDirectory(source) || statusIfThere(source, AT_FDCWD, 0) === undefined;
}

function imageOf(store: Store, name: string): Image {
	try {
		return get(store, name);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

/** The helper's descriptors, numbered as in a start; none of them is opened. */
function imaginaryDescriptors(options: RunOptions, spec: Spec, groups: readonly Group[]): HelperDescriptors {
	const descriptors = new Descriptors(-1);
	const next = () => descriptors.pass(-1);
	const attached = !options.detach;
	const numbers = { control: next(), cli: attached ? next() : -1, sync: next(), lock: next() };
	const directories = { runDirectory: next(), logDirectory: next() };
	const stream = (): Caller => ({ fd: next(), kind: "own" });
	const { stdin, stdout, stderr } = attachedStreams(options);
	const passed = [stdin && !isTerminal(STDIN), stdout, stderr];
	const callers = attached && !options.tty ? passed.map((one) => (one ? stream() : undefined)) : [];
	const ids = [options.ipc, options.pid, options.network].map(donorOf).filter((id) => id !== undefined);
	const donors = new Map([...new Set(ids)].map((id) => [id, next()]));
	const home = donorOf(options.pid) === undefined ? -1 : next();
	const memory = groupWith(groups, "memory");
	const file = memory ? next() : -1;
	const oom = memory && { file, wake: memory.hierarchy.version === 2 ? file : next() };
	const check = checkIn(spec);
	const health = check && { ...check, probe: next() };
	return { ...numbers, ...directories, callers, donors, home, oom, health };
}

/** A container as it would be inserted. */
function imaginary(image: Image | undefined, options: RunOptions): Container {
	return {
		id: generateId(),
		name: options.name ?? "",
		command: [],
		image: image?.id ?? null,
		created: "",
		options,
		labels: {},
		boot: null,
		...unstarted,
	};
}

function imageLines(image: Image | undefined, options: RunOptions): string[] {
	if (!image) return ["image", `  none: the root file system is ${options.rootfs}, used as it is`];
	const layers = image.layers.map((layer, index) => `  layer ${index + 1}: ${layer}`);
	return [`image ${options.image}`, `  id: ${image.id}`, ...layers];
}

function containerLines(store: Store, { id, name, options }: Container): string[] {
	const after = options.remove ? "removed" : hasPolicy(options) ? `restarted (${options.restart?.name})` : "kept";
	const output = options.detach ? "in the background" : "in the foreground";
	return [
		`container ${id}`,
		`  name: ${name || "made up when it is created"}`,
		`  directory: ${containerDirectory(store.places, id)}`,
		`  runs ${output}, ${options.tty ? "with a terminal" : "without a terminal"}; log: ${options.log.driver}`,
		`  when it has ended it is ${after}`,
	];
}

function cgroupLines(groups: readonly Group[], resources: Spec["linux"]["resources"]): string[] {
	if (groups.length === 0) return ["  none: no hierarchy is mounted here"];
	const limits = resources ? writesFor(groups, resources) : [];
	return [
		...groups.map(({ path }) => `  make ${path}`),
		...limits.map(({ what, file, value }) => `  ${what}: write ${value} to ${file}`),
	];
}

/** v1's rules are files, v2's a program. */
function deviceLines(groups: readonly Group[], rules: readonly DeviceRule[] | undefined): string[] {
	if (!rules) return [];
	const { group, list, writes } = devicePlan(groups, rules);
	if (group.hierarchy.version === 2) return [`  attach a device program to ${group.path}: ${deviceSentence(list)}`];
	return writes.map(({ what, file, value }) => `  ${what}: write ${value} to ${file}`);
}

/** The container joins its networks as it would, in a copy of the database that nobody sees. */
async function networkLines(store: Store, container: Container, image: Image | undefined): Promise<string[]> {
	const { options, id, name } = container;
	const donor = donorOf(options.network);
	if (donor !== undefined) return [`  container: the network namespace of container ${donor.slice(0, 12)}`];
	if (options.network === "host") return ["  host: the container shares the host's network"];
	if (!isNetworked(options)) return ["  none: a network namespace of its own with nothing but the loopback interface"];
	store.run("PRAGMA foreign_keys = OFF");
	connectAll(store, container);
	const endpoints = join(store, id, () => undefined);
	const wanted = wantedPorts(options, image?.config.config?.ExposedPorts ?? {});
	const lines = await explainNetworks(store, endpoints, wanted, name || id.slice(0, 12));
	if (resolverOf(endpoints) !== undefined) lines.push("answer questions for names at 127.0.0.11 (a resolver of ours)");
	return lines.map((line) => `  ${line}`);
}
