/** The host as containers reach it, for --add-host NAME:host-gateway. */

import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { defaultGateways } from "../network/network.ts";

/**
 * Addresses of the default network's gateways (docker's host-gateway-ip), which
 * any network reaches: they are the host's own once the bridge is there, so it is made.
 * @throws Failure 125
 */
export async function hostGateways(store: Store): Promise<string[]> {
	try {
		return await defaultGateways(store);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}
