/** What a container may do: capabilities, --privileged, --security-opt, --group-add, --userns. */

import type { RunOptions } from "../container/options.ts";
import { capabilityName } from "../runtime/capabilities.ts";
import { bool, list, string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const privilegeFlags = {
	"cap-add": list("", "give a capability: NET_ADMIN, CAP_NET_ADMIN, or ALL that bunker has"),
	"cap-drop": list("", "take a capability away, or ALL"),
	"group-add": list("", "add the program to a group, by name or number"),
	privileged: bool("", "give all capabilities and all devices of the host, and hide nothing"),
	"security-opt": list("", "no-new-privileges; also seccomp=unconfined, apparmor=unconfined, label=disable"),
	userns: string("", "host: the only one there is", { standard: "host" }),
};

type Privileges = Pick<RunOptions, "capAdd" | "capDrop" | "groups" | "privileged" | "noNewPrivileges">;

/** @throws Failure (125) */
export function parsePrivileges(values: Values<typeof privilegeFlags>): Privileges {
	checkCapabilities("CapAdd", values["cap-add"]);
	checkCapabilities("CapDrop", values["cap-drop"]);
	requireHostUsers(values.userns);
	const given = (names: string[]) => (names.length > 0 ? names : undefined);
	return {
		capAdd: given(values["cap-add"]),
		capDrop: given(values["cap-drop"]),
		groups: given(values["group-add"]),
		privileged: values.privileged || undefined,
		noNewPrivileges: parseSecurity(values["security-opt"]) || undefined,
	};
}

function checkCapabilities(which: string, names: readonly string[]): void {
	for (const name of names) {
		const full = capabilityName(name);
		if (full === undefined) throw malformed(`invalid ${which}: unknown capability: "${prefixed(name)}"`);
	}
}

/** As docker names one that it does not know. */
const prefixed = (name: string): string => `CAP_${name.toUpperCase().replace(/^CAP_/, "")}`;

function requireHostUsers(mode: string | undefined): void {
	if (!mode || mode === "host") return;
	throw malformed(`--userns ${mode} is not supported yet (user namespaces): only host is`);
}

/** What is asked to be off, and is not on: accepted, so that scripts for docker go on. */
const OFF = ["seccomp=unconfined", "apparmor=unconfined", "label=disable"];

/** @returns whether new privileges are refused to the program; the last one counts */
function parseSecurity(options: readonly string[]): boolean {
	let refused = false;
	for (const option of options) {
		// docker still takes a colon for the sign of equality.
		const [, name = "", value] = /^([^=:]*)(?:[=:](.*))?$/s.exec(option) ?? [];
		if (name === "no-new-privileges") refused = parseTruth(option, value);
		else if (!OFF.includes(`${name}=${value}`)) throw unknownSecurity(option, name);
	}
	return refused;
}

function parseTruth(option: string, value: string | undefined): boolean {
	if (value === undefined || value === "true") return true;
	if (value === "false") return false;
	throw malformed(`invalid --security-opt: "${option}": no-new-privileges is true or false`);
}

/** name → what has to be there first */
const LATER: Record<string, string> = {
	seccomp: "there is no seccomp filter: only seccomp=unconfined is accepted",
	apparmor: "there are no AppArmor profiles: only apparmor=unconfined is accepted",
	label: "there are no SELinux labels: only label=disable is accepted",
	systempaths: "--privileged hides no paths",
};

function unknownSecurity(option: string, name: string) {
	const why = Object.hasOwn(LATER, name) ? LATER[name] : "no-new-privileges is supported";
	return malformed(`--security-opt ${option} is not supported: ${why}`);
}
