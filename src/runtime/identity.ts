/**
 * Who the program runs as: users and groups of the container's own /etc/passwd
 * and /etc/group, and the block of the tape's data that holds the answer. Pure:
 * the files' content comes in as text.
 *
 * Rules are docker's (moby/sys/user, GetExecUser): `user`, `uid`, `user:group`,
 * `uid:gid`; a number needs no entry; without an explicit group the user's
 * supplementary groups count too, also root's.
 */

import { capabilityData } from "../../ffi/structures.ts";
import { encodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Place, Tape } from "../kernel/tape.ts";

export interface Identity {
	uid: number;
	gid: number;
	groups: number[];
	home: string;
}

/** The identity's place in a tape; see `encodeIdentity`. */
export interface IdentityBlock {
	/** the whole block: what the sync reads */
	whole: Place;
	uid: Place;
	gid: Place;
	groupCount: Place;
	capabilities: Place;
	groups: Place;
	/** `HOME=…` */
	home: Place;
}

const GROUPS_MAX = 1024;
const HOME_MAX = 4096;
const CAPABILITIES_AT = 16;
const GROUPS_AT = CAPABILITIES_AT + 24;
const HOME_AT = GROUPS_AT + GROUPS_MAX * 4;

/** Bytes of an encoded identity. */
export const IDENTITY_SIZE = HOME_AT + 8 + HOME_MAX;

/** Makes room for an identity in a tape's data. */
export function identityBlock(tape: Tape): IdentityBlock {
	const whole = tape.block(IDENTITY_SIZE);
	return {
		whole,
		uid: whole,
		gid: whole.plus(4),
		groupCount: whole.plus(8),
		capabilities: whole.plus(CAPABILITIES_AT),
		groups: whole.plus(GROUPS_AT),
		home: whole.plus(HOME_AT),
	};
}

/**
 * The identity as the tape's steps load it. A user other than root has no
 * capabilities, only the bounding set (moby, daemon/oci_linux.go, WithUser).
 * @param capabilities what root gets, as a mask
 */
export function encodeIdentity(identity: Identity, capabilities: bigint): Uint8Array {
	if (identity.groups.length > GROUPS_MAX)
		throw new Failure(`the user is in ${identity.groups.length} groups; ${GROUPS_MAX} are supported`, {
			exitCode: EXIT.refused,
		});
	const home = encodeText(`HOME=${identity.home}`);
	if (home.length > HOME_MAX)
		throw new Failure("the user's home is longer than 4096 bytes", { exitCode: EXIT.refused });
	const bytes = new Uint8Array(IDENTITY_SIZE);
	const view = new DataView(bytes.buffer);
	const mask = identity.uid === 0 ? capabilities : 0n;
	view.setUint32(0, identity.uid, true);
	view.setUint32(4, identity.gid, true);
	view.setUint32(8, identity.groups.length, true);
	bytes.set(capabilityData(mask, mask, 0n), CAPABILITIES_AT);
	for (const [index, group] of identity.groups.entries()) view.setUint32(GROUPS_AT + index * 4, group, true);
	bytes.set(home, HOME_AT);
	return bytes;
}

interface PasswdEntry {
	name: string;
	uid: number;
	gid: number;
	home: string;
}

interface GroupEntry {
	name: string;
	gid: number;
	members: string[];
}

/** Lines of a passwd or group file as fields; comments and lines that are cut short are passed over. */
function fields(file: string, atLeast: number): string[][] {
	return file
		.split("\n")
		.map((line) => line.trim().split(":"))
		.filter((line) => line.length >= atLeast && line[0] !== "" && !line[0]?.startsWith("#"));
}

function parsePasswd(file: string): PasswdEntry[] {
	return fields(file, 4).map(([name = "", , uid, gid, , home = ""]) => ({
		name,
		uid: Number(uid),
		gid: Number(gid),
		home,
	}));
}

function parseGroup(file: string): GroupEntry[] {
	return fields(file, 3).map(([name = "", , gid, members = ""]) => ({
		name,
		gid: Number(gid),
		members: members.split(",").filter(Boolean),
	}));
}

/** Ids are 31 bits, as docker's (moby/sys/user, minID and maxID). */
function parseId(text: string): number | undefined {
	if (!/^[0-9]+$/.test(text)) return undefined;
	const id = Number(text);
	if (id > 0x7fffffff) throw refuse(`the id ${text}: uids and gids must be in the range 0 to 2147483647`);
	return id;
}

/** A group by name, or by a number that needs no entry. */
function groupNumber(name: string, groups: readonly GroupEntry[]): number {
	const found = groups.find((one) => one.name === name)?.gid ?? parseId(name);
	if (found === undefined) throw refuse(`unable to find group ${name}: no matching entries in group file`);
	return found;
}

const refuse = (message: string) => new Failure(message, { exitCode: EXIT.refused });

/**
 * Finds who the program runs as.
 * @param user what was asked for; empty: root
 * @param passwd content of the container's /etc/passwd; empty where there is none
 * @param group content of its /etc/group
 * @param more further groups, by name or number (--group-add)
 * @throws Failure for a name that is not there
 */
export function resolveUser(user: string, passwd: string, group: string, more: readonly string[] = []): Identity {
	const colon = user.indexOf(":");
	const userPart = (colon < 0 ? user : user.slice(0, colon)) || "0";
	const groupPart = colon < 0 ? "" : user.slice(colon + 1);
	const users = parsePasswd(passwd);
	const groups = parseGroup(group);

	const uid = parseId(userPart);
	const entry = users.filter((one) => one.name === userPart)[0] ?? users.filter((one) => one.uid === uid)[0];
	if (!entry && uid === undefined) throw refuse(`unable to find user ${userPart}: no matching entries in passwd file`);
	const identity: Identity = {
		uid: entry?.uid ?? (uid as number),
		gid: entry?.gid ?? 0,
		groups: [],
		home: entry?.home || "/",
	};
	if (groupPart) {
		identity.gid = groupNumber(groupPart, groups);
	} else if (entry) {
		identity.groups = groups.filter((one) => one.members.includes(entry.name)).map((one) => one.gid);
	}
	const added = more.map((name) => groupNumber(name, groups));
	// The primary group is among the supplementary ones too (CVE-2022-36109).
	identity.groups = [...new Set([identity.gid, ...identity.groups, ...added])];
	return identity;
}
