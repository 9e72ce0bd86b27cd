/** The macvlan driver: interfaces with MAC addresses of their own on the wire of a parent. Pure. */

import { Failure } from "../failure.ts";
import { mtuOf } from "./bridge.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Shared } from "./link.ts";
import { parentOf } from "./parent.ts";
import type { Network } from "./table.ts";

const IFLA_MACVLAN_MODE = 1;
/** enum macvlan_mode, if_link.h */
const MODES: Readonly<Record<string, number>> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };

/** `-o macvlan_mode`. @throws Failure for one that is none */
function macvlanMode({ options }: Pick<Network, "options">): string {
	const mode = options.driverOptions?.macvlan_mode || "bridge";
	if (Object.hasOwn(MODES, mode)) return mode;
	throw new Failure(`requested macvlan mode '${mode}' is not valid, 'bridge' mode is the macvlan driver default`);
}

/** A container's interface. */
export function macvlanOf({ network, interface: name, mac }: Endpoint): Shared {
	const mode = macvlanMode(network);
	return {
		kind: "macvlan",
		parent: parentOf(network),
		mode,
		name,
		mac,
		mtu: mtuOf(network),
		data: (data) => data.word(IFLA_MACVLAN_MODE, MODES[mode] as number),
	};
}
