/**
 * A health probe: a program in the running container, as exec has it, but
 * played by the container's monitor, again and again. The monitor places the
 * descriptors (PROBE) and closes all others; the process that forks the program
 * stays as its reaper, and ends as it ends (ffi/helper/probe.c).
 */

import { CLOSE_RANGE_CLOEXEC } from "../../ffi/constants.ts";
import { PROBE } from "../../ffi/tape.ts";
import { Tape } from "../kernel/tape.ts";
import { capabilityMask } from "./capabilities.ts";
import { type Cgroup, joinCgroupNamespace, joinCgroups, takeCgroups } from "./cgroups.ts";
import { dieWithMonitor, leaveKeyring, setCredentials } from "./credentials.ts";
import { NAMESPACES } from "./entering.ts";
import { encodeIdentity, type Identity, identityBlock } from "./identity.ts";
import { setLimits, setOomScore, takeProc } from "./limits.ts";
import { type Compiled, writePolicy } from "./policy.ts";
import { enterDirectory, execute } from "./program.ts";
import type { Process } from "./spec.ts";
import { NO_MONITOR } from "./waiting.ts";

/**
 * Compiles a probe.
 * @param facts.identity who runs it, as the container's files said when it started
 * @param facts.user as asked for, for the sentences
 * @param facts.cgroups the container's
 */
export function compileProbe(
	process: Process,
	{ identity, user, cgroups }: { identity: Identity; user: string; cgroups: readonly Cgroup[] },
): Compiled {
	const tape = new Tape();
	const policy = writePolicy(tape, NO_MONITOR);
	const block = identityBlock(tape);
	tape.put(block.whole, encodeIdentity(identity, capabilityMask(process.capabilities.effective)));

	tape.step("begin a session of its own", "setsid", []);
	const proc = takeProc(tape, process);
	const joining = takeCgroups(tape, cgroups, 0, PROBE.cgroup);
	tape.step("enter the container's namespaces", "setns", [PROBE.program, NAMESPACES]);
	const { place, size } = joining.clone;
	tape.step("fork into its pid namespace; what follows is the child's", "clone3", [place, size], { parent: "init" });
	joinCgroups(tape, joining);
	joinCgroupNamespace(tape, PROBE.program);
	setOomScore(tape, proc, process);
	// Before any path of the container is looked up, as in `closeGiven`.
	tape.step("close the pidfd of the container", "close", [PROBE.program]);
	leaveKeyring(tape);
	tape.step("begin a session of its own", "setsid", []);
	for (const [fd, name] of [
		[1, "stdout"],
		[2, "stderr"],
	] as const)
		tape.step(`make the pipe ${name}`, "dup3", [PROBE.output, fd, 0]);
	tape.step("close the pipe", "close", [PROBE.output]);
	enterDirectory(tape, process.cwd);
	setLimits(tape, process);
	setCredentials(tape, process, block, user);
	dieWithMonitor(tape);
	tape.step("mark all other descriptors to be closed", "close_range", [3, 0xffffffff, CLOSE_RANGE_CLOEXEC]);
	execute(tape, process, block.home);
	return { tape, policy };
}
