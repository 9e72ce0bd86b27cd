/** docker's NetworkSettings of a container (moby, api/types/container/network_settings.go). Pure. */

import type { RunOptions } from "./options.ts";

/** Neither `none` nor `host` has an address of the container's own. */
const NO_ADDRESS = {
	EndpointID: "",
	Gateway: "",
	GlobalIPv6Address: "",
	GlobalIPv6PrefixLen: 0,
	IPAddress: "",
	IPPrefixLen: 0,
	IPv6Gateway: "",
	MacAddress: "",
};

/** The network settings. @param pid of the first process, 0 if it does not run: what holds the network namespace */
export function networkSettings({ network }: RunOptions, pid: number): object {
	return {
		Bridge: "",
		SandboxID: "",
		SandboxKey: pid === 0 ? "" : `/proc/${pid}/ns/net`,
		Ports: {},
		HairpinMode: false,
		LinkLocalIPv6Address: "",
		LinkLocalIPv6PrefixLen: 0,
		SecondaryIPAddresses: null,
		SecondaryIPv6Addresses: null,
		...NO_ADDRESS,
		Networks: {
			[network]: {
				IPAMConfig: null,
				Links: null,
				Aliases: null,
				MacAddress: "",
				DriverOpts: null,
				GwPriority: 0,
				NetworkID: "",
				EndpointID: "",
				Gateway: "",
				IPAddress: "",
				IPPrefixLen: 0,
				IPv6Gateway: "",
				GlobalIPv6Address: "",
				GlobalIPv6PrefixLen: 0,
				DNSNames: null,
			},
		},
	};
}
