/**
 * exec: a program in a running container. The helper enters all namespaces at
 * once through the pidfd of the container's first process, so no process with
 * the host's root is ever seen inside.
 */

import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } from "../../ffi/constants.ts";
import { Tape } from "../kernel/tape.ts";
import { capabilityMask } from "./capabilities.ts";
import { type Cgroup, joinCgroupNamespace, joinCgroups, takeCgroups } from "./cgroups.ts";
import { leaveKeyring, setCredentials } from "./credentials.ts";
import { encodeIdentity, type Identity, identityBlock } from "./identity.ts";
import { setLimits, setOomScore, takeProc } from "./limits.ts";
import { type Compiled, closeGiven, type PolicyOptions, writePolicy } from "./policy.ts";
import { enterDirectory, execute, reportReady } from "./program.ts";
import type { Process } from "./spec.ts";
import { makeTerminal, prepareStdio, type Stdio, usePipes, useTerminal } from "./stdio.ts";

/** What exec and a health probe enter before the clone; the cgroup namespace comes after it (joinCgroupNamespace). */
export const NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;

/** What the compiler of an exec has to know. */
export interface ExecFacts {
	/** the helper's number of a pidfd of the container's first process */
	pidfd: number;
	/** the container's */
	cgroups: readonly Cgroup[];
	/** who runs it, as the container's files say */
	identity: Identity;
	/** as asked for, for the sentences */
	user: string;
	stdio: Stdio;
	policy: PolicyOptions;
}

/** Compiles an exec. Its program is no child of the container's monitor; it dies with the container. */
export function compileExec(process: Process, facts: ExecFacts): Compiled {
	const tape = new Tape();
	const policy = writePolicy(tape, facts.policy);
	const identity = identityBlock(tape);
	tape.put(identity.whole, encodeIdentity(facts.identity, capabilityMask(process.capabilities.effective)));

	tape.step("begin a session of its own", "setsid", []);
	prepareStdio(tape, policy, facts.stdio);
	const proc = takeProc(tape, process);
	const joining = takeCgroups(tape, facts.cgroups, 0);
	tape.step("enter the container's namespaces", "setns", [facts.pidfd, NAMESPACES]);
	const { place, size } = joining.clone;
	tape.step("fork into its pid namespace; what follows is the child's", "clone3", [place, size], {
		parent: "monitor",
	});

	joinCgroups(tape, joining);
	joinCgroupNamespace(tape, facts.pidfd);
	setOomScore(tape, proc, process);
	closeGiven(tape, policy, facts.policy);
	leaveKeyring(tape);
	tape.step("close the pidfd of the container", "close", [facts.pidfd]);
	const terminal = facts.stdio.terminal ? makeTerminal(tape, policy, facts.stdio) : undefined;
	tape.step("begin a session of its own", "setsid", []);
	if (terminal) useTerminal(tape, terminal);
	else usePipes(tape, policy, facts.stdio.interactive);
	enterDirectory(tape, process.cwd);
	setLimits(tape, process);
	setCredentials(tape, process, identity, facts.user);
	reportReady(tape, policy);
	execute(tape, process, identity.home);
	return { tape, policy };
}
