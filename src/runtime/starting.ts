/**
 * The start of a container. The order of the steps is the security story: read
 * `compileStart` from top to bottom.
 */

import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } from "../../ffi/constants.ts";
import { Tape } from "../kernel/tape.ts";
import { mountCgroups, takeShown } from "./cgroup-mounts.ts";
import { type Cgroup, enterCgroupNamespace, type Joining, joinCgroups, takeCgroups } from "./cgroups.ts";
import { dieWithMonitor, leaveKeyring, setCredentials } from "./credentials.ts";
import { makeDevices, placeConsole, placeDevices, takeDevices } from "./devices.ts";
import { raiseLoopback, setDomainname, setHostname, setSysctl } from "./environment.ts";
import { maskPath, type PathKind, protectPath } from "./hardening.ts";
import { IDENTITY_SIZE, type IdentityBlock, identityBlock } from "./identity.ts";
import { isKernels, kernelsOf } from "./kernels.ts";
import { setLimits, setOomScore, takeProc } from "./limits.ts";
import { mountFileSystem, placeBind } from "./mounts.ts";
import { Paths } from "./paths.ts";
import { type Compiled, closeGiven, type PolicyOptions, writePolicy } from "./policy.ts";
import { enterDirectory, execute, forkInit, reportReady } from "./program.ts";
import { enterRoot, leaveHost, type RootSource, sealRoot, takeRoot } from "./root.ts";
import { type Donors, joinOthers, joinPid } from "./sharing.ts";
import { makeMounts, placeMount, type SourceFacts, sealMounts, type Taken, takeMounts } from "./sources.ts";
import {
	DEVICES_ANNOTATION,
	INIT_ANNOTATION,
	type Mount,
	type NamespaceType,
	type Spec,
	USER_ANNOTATION,
} from "./spec.ts";
import { makeTerminal, prepareStdio, type Stdio, usePipes, useTerminal } from "./stdio.ts";

/** What the compiler has to know besides config.json. */
export interface StartFacts extends Omit<SourceFacts, "nodes" | "donors"> {
	root: RootSource;
	/** what the masked and read-only paths are on this kernel; those that are not there are left out */
	kernelPaths: ReadonlyMap<string, PathKind>;
	stdio: Stdio;
	/** the container's own, one of v2 at most */
	cgroups: readonly Cgroup[];
	/** pidfds of containers whose namespaces are shared */
	donors: Donors;
	policy: PolicyOptions;
}

/** All but the cgroup namespace, whose root is the cgroup that one is in when it is made. */
const NAMESPACE_FLAG: Record<Exclude<NamespaceType, "cgroup">, number> = {
	pid: CLONE_NEWPID,
	mount: CLONE_NEWNS,
	uts: CLONE_NEWUTS,
	ipc: CLONE_NEWIPC,
	network: CLONE_NEWNET,
};

/** Compiles the start of a container. */
export function compileStart(spec: Spec, facts: StartFacts): Compiled {
	const tape = new Tape();
	const paths = new Paths(tape, facts.root.kind === "directory");
	const policy = writePolicy(tape, facts.policy);
	const identity = identityBlock(tape);
	const asked = spec.mounts.filter((mount) => !isKernels(mount));
	const allDevices = spec.annotations[DEVICES_ANNOTATION] !== "bound";

	// In the host's namespaces.
	tape.step("set the file mode mask to 0: modes are what the steps say", "umask", [0]);
	tape.step("begin a session of its own", "setsid", []);
	prepareStdio(tape, policy, facts.stdio);
	const nodes = allDevices ? [] : takeDevices(tape);
	const taken = takeMounts(tape, asked, { ...facts, nodes: allDevices });
	const root = takeRoot(tape, facts.root, allDevices);
	const shown = hasOwn(spec, "cgroup") ? new Map() : takeShown(tape, facts.cgroups, isSealed(spec));
	const proc = takeProc(tape, spec.process);
	joinPid(tape, spec, facts.donors);
	const joining = cloneContainer(tape, spec, facts.cgroups);

	// In the container's namespaces, as root.
	joinCgroups(tape, joining);
	if (hasOwn(spec, "cgroup")) enterCgroupNamespace(tape);
	setOomScore(tape, proc, spec.process);
	closeGiven(tape, policy, facts.policy);
	joinOthers(tape, spec, facts.donors);
	leaveKeyring(tape);
	leaveHost(tape);
	makeMounts(taken);
	enterRoot(tape, facts.root, root, allDevices);
	// While nothing of the kernel's is there, no link of an image or a volume can lead a mount into it.
	for (const one of placedIn(taken, undefined)) placeMount(tape, paths, one);
	if (kernelsOf(spec.process.cwd) === undefined) paths.makeAnywhere(spec.process.cwd);
	if (paths.isShared) for (const path of ["/proc", "/sys", "/dev"]) paths.refuseLink(path);
	for (const mount of spec.mounts)
		if (isKernels(mount)) mountKernels(tape, paths, mount, { cgroups: facts.cgroups, shown });
	if (allDevices) makeDevices(tape, paths, spec.linux.devices);
	else placeDevices(tape, paths, nodes);
	const terminal = facts.stdio.terminal ? makeTerminal(tape, policy, facts.stdio) : undefined;
	const covered = taken.filter(({ destination }) => destination === "/dev").length > 0;
	const console = terminal && placeConsole(tape, covered);
	if (hasOwn(spec, "network")) raiseLoopback(tape);
	for (const [name, value] of Object.entries(spec.linux.sysctl)) setSysctl(tape, name, value);
	if (has(spec, "uts")) setHostname(tape, spec.hostname);
	if (spec.domainname !== undefined) setDomainname(tape, spec.domainname);
	// What is hidden in /proc and /sys is hidden in what the user has put there, too; /dev/null is surely ours still.
	for (const one of [...placedIn(taken, "/proc"), ...placedIn(taken, "/sys")]) placeMount(tape, paths, one);
	hidePaths(tape, spec, facts.kernelPaths);
	for (const one of placedIn(taken, "/dev")) placeMount(tape, paths, one);
	if (console) placeBind(tape, paths, console);
	if (kernelsOf(spec.process.cwd) !== undefined) paths.makeAnywhere(spec.process.cwd);
	sealMounts(tape, taken);
	if (spec.root.readonly) sealRoot(tape, allDevices);
	askForIdentity(tape, facts.policy.sync, identity, spec.annotations[USER_ANNOTATION] ?? "");

	// As the program.
	tape.step("begin a session of its own", "setsid", []);
	if (terminal) useTerminal(tape, terminal);
	else usePipes(tape, policy, facts.stdio.interactive);
	enterDirectory(tape, spec.process.cwd);
	setLimits(tape, spec.process);
	setCredentials(tape, spec.process, identity, spec.annotations[USER_ANNOTATION] ?? "");
	dieWithMonitor(tape);
	reportReady(tape, policy);
	if (spec.annotations[INIT_ANNOTATION] === "true") forkInit(tape, facts.stdio.terminal);
	execute(tape, spec.process, identity.home);
	return { tape, policy };
}

const isSealed = ({ mounts }: Spec): boolean =>
	mounts.filter(({ type, options }) => type === "cgroup" && options.includes("ro")).length > 0;

const has = (spec: Spec, type: NamespaceType): boolean => spec.linux.namespaces.map(({ type }) => type).includes(type);

/** The namespaces that the container does not share. */
const ownTypes = (spec: Spec): NamespaceType[] =>
	spec.linux.namespaces.filter(({ path }) => path === undefined).map(({ type }) => type);

const hasOwn = (spec: Spec, type: NamespaceType): boolean => ownTypes(spec).includes(type);

/** What belongs into one of the kernel's file systems, or into none of them. */
const placedIn = (taken: readonly Taken[], kernels: string | undefined): Taken[] =>
	taken.filter((one) => one.kernels === kernels);

function hidePaths(tape: Tape, spec: Spec, kinds: ReadonlyMap<string, PathKind>): void {
	for (const path of spec.linux.maskedPaths) {
		const kind = kinds.get(path);
		if (kind) maskPath(tape, path, kind);
	}
	for (const path of spec.linux.readonlyPaths) if (kinds.has(path)) protectPath(tape, path);
}

function mountKernels(tape: Tape, paths: Paths, mount: Mount, seen: Parameters<typeof mountCgroups>[3]): void {
	if (mount.type === "cgroup") mountCgroups(tape, paths, mount, seen);
	else mountFileSystem(tape, paths, mount);
}

/** @returns what the child joins its cgroup with */
function cloneContainer(tape: Tape, spec: Spec, cgroups: readonly Cgroup[]): Joining {
	const types = ownTypes(spec).filter((type) => type !== "cgroup");
	let flags = 0;
	for (const type of types) flags |= NAMESPACE_FLAG[type];
	const joining = takeCgroups(tape, cgroups, flags);
	const { place, size } = joining.clone;
	tape.step(`fork into new namespaces (${types.join(", ")}); what follows is the child's`, "clone3", [place, size], {
		parent: "monitor",
	});
	return joining;
}

/**
 * The sync: the CLI reads the container's /etc/passwd and /etc/group through
 * /proc/PID/root, now that the root is there, and answers with the identity.
 */
function askForIdentity(tape: Tape, sync: number, identity: IdentityBlock, user: string): void {
	tape.step(
		`sync: ask bunker who ${user || "root"} is in this root`,
		"write",
		[sync, tape.bytes(Uint8Array.of(1)), 1],
		{ full: true },
	);
	tape.step("sync: wait for the answer", "read", [sync, identity.whole, IDENTITY_SIZE], { full: true });
}
