/** Who the program is: groups, user, capabilities. Order matters: bounding set while we may, capabilities last. */

import {
	KEYCTL_JOIN_SESSION_KEYRING,
	PR_CAP_AMBIENT,
	PR_CAP_AMBIENT_CLEAR_ALL,
	PR_CAPBSET_DROP,
	PR_SET_NO_NEW_PRIVS,
	PR_SET_PDEATHSIG,
} from "../../ffi/constants.ts";
import { capabilityHeader } from "../../ffi/structures.ts";
import { Load, type Tape } from "../kernel/tape.ts";
import { capabilityNames } from "./capabilities.ts";
import type { IdentityBlock } from "./identity.ts";
import type { Process } from "./spec.ts";

const SIGKILL = 9;

/** Leaves the caller's session keyring, whose keys are the host's (keyctl(2)). */
export function leaveKeyring(tape: Tape): void {
	tape.step("join a session keyring of its own", "keyctl", [KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0], {
		okay: ["ENOSYS"],
	});
}

/** Becomes the user of the identity block, with its capabilities. */
export function setCredentials(tape: Tape, process: Process, identity: IdentityBlock, user: string): void {
	tape.step("set the file mode mask to 022", "umask", [0o022]);
	dropBounding(tape, process.capabilities.bounding);
	tape.step("set the supplementary groups", "setgroups", [new Load(identity.groupCount), identity.groups]);
	const gid = new Load(identity.gid);
	tape.step("set the group", "setresgid", [gid, gid, gid]);
	const uid = new Load(identity.uid);
	tape.step(`set the user to ${user || "root"}`, "setresuid", [uid, uid, uid]);
	tape.step("drop ambient capabilities", "prctl", [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0]);
	tape.step("set the capabilities (none for a user other than root)", "capset", [
		tape.bytes(capabilityHeader()),
		identity.capabilities,
	]);
	if (process.noNewPrivileges) tape.step("allow no new privileges", "prctl", [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]);
}

/** One step: a bounding set is dropped capability by capability; one that this kernel does not know is no failure. */
function dropBounding(tape: Tape, keep: readonly string[]): void {
	for (const [number, name] of capabilityNames.entries()) {
		if (keep.includes(name)) continue;
		tape.step(`give up ${name}`, "prctl", [PR_CAPBSET_DROP, number, 0, 0, 0], { okay: ["EINVAL"] });
	}
}

/** After the last change of credentials, which clears it (prctl(2)): the program dies with its monitor. */
export function dieWithMonitor(tape: Tape): void {
	tape.step("die when the monitor dies", "prctl", [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]);
}
