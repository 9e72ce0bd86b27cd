/** The ipvlan driver: interfaces that have the MAC address of their parent, and addresses of their own. Pure. */

import { Failure } from "../failure.ts";
import { mtuOf } from "./bridge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Shared } from "./link.ts";
import { parentOf } from "./parent.ts";
import type { Network } from "./table.ts";

const IFLA_IPVLAN_MODE = 1;
const IFLA_IPVLAN_FLAGS = 2;
/** enum ipvlan_mode, and IPVLAN_F_…: if_link.h */
const MODES: Readonly<Record<string, number>> = { l2: 0, l3: 1, l3s: 2 };
const FLAGS: Readonly<Record<string, number>> = { bridge: 0, private: 1, vepa: 2 };

/** `-o ipvlan_mode`. @throws Failure for one that is none */
function ipvlanMode({ options }: Pick<Network, "options">): string {
	const mode = options.driverOptions?.ipvlan_mode || "l2";
	if (Object.hasOwn(MODES, mode)) return mode;
	throw new Failure(`requested ipvlan mode '${mode}' is not valid, 'l2' mode is the ipvlan driver default`);
}

/** `-o ipvlan_flag`. @throws Failure for one that is none */
function ipvlanFlag({ options }: Pick<Network, "options">): string {
	const flag = options.driverOptions?.ipvlan_flag || "bridge";
	if (Object.hasOwn(FLAGS, flag)) return flag;
	throw new Failure(`requested ipvlan flag '${flag}' is not valid, 'bridge' is the ipvlan driver default`);
}

/** A container's interface. */
export function ipvlanOf({ network, interface: name }: Endpoint): Shared {
	const [mode, flag] = [ipvlanMode(network), ipvlanFlag(network)];
	return {
		kind: "ipvlan",
		parent: parentOf(network),
		mode: flag === "bridge" ? mode : `${mode}, ${flag}`,
		name,
		mtu: mtuOf(network),
		data: (data) => data.half(IFLA_IPVLAN_MODE, MODES[mode] as number).half(IFLA_IPVLAN_FLAGS, FLAGS[flag] as number),
	};
}
