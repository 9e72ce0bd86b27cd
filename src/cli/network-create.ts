/** `network create`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import { bool, list, string, type Values } from "../flags/flags.ts";
import { recordOf } from "../flags/pairs.ts";
import { malformed } from "../flags/usage.ts";
import { createNetwork, type NetworkOptions, type NewNetwork, pairSubnets } from "../network/network.ts";
import { verb } from "./verb.ts";

const flags = {
	attachable: bool("", "kept for inspect: any container may be connected to any network"),
	"aux-address": list("", "an address that no container gets: NAME=IP"),
	driver: string("d", "what the network is made of", {
		standard: "bridge",
		completes: ["bridge", "ipvlan", "macvlan"],
	}),
	gateway: list("", "the gateway of a subnet"),
	internal: bool("", "no way out of it, and none in"),
	"ip-range": list("", "the part of a subnet that containers get addresses from"),
	"ipam-driver": string("", "who gives out addresses: default", { standard: "default" }),
	"ipam-opt": list("", "kept for inspect: NAME=VALUE"),
	ipv4: bool("", "containers get IPv4 addresses", { standard: "true" }),
	ipv6: bool("", "containers get IPv6 addresses"),
	label: list("", "set a label: NAME or NAME=VALUE"),
	opt: list("o", "an option of the driver: NAME=VALUE"),
	subnet: list("", "a subnet, in CIDR notation; one that collides with nothing is picked otherwise"),
};

export default verb({
	usage: "[OPTIONS] NETWORK",
	operands: { least: 1, most: 1 },
	completes: [[]],
	flags,
	description: "Nothing is made on the host before the first container on it starts.",
	examples: [
		"network create backend",
		"network create --subnet 10.20.80.0/24 --gateway 10.20.80.254 --ip-range 10.20.80.0/25 web",
		"network create --ipv6 --internal -o com.docker.network.driver.mtu=1400 quiet",
	],
	async run({ values, operands: [name = ""], open }) {
		const asked = await networkFrom(name, values);
		const store = await open();
		writeOut(STDOUT, `${await createNetwork(store, asked)}\n`);
		return 0;
	},
});

/** @throws Failure for what cannot be, whatever else there is */
async function networkFrom(name: string, values: Values<typeof flags>): Promise<NewNetwork> {
	const driver = values["ipam-driver"] || "default";
	if (driver !== "default") throw new Failure(`unknown IPAM driver "${driver}": default is the only one`);
	const subnets = await pairSubnets({
		subnets: values.subnet.flatMap(words),
		gateways: values.gateway.flatMap(words),
		ranges: values["ip-range"].flatMap(words),
		reserved: recordOf(values["aux-address"]),
	});
	return { name, driver: values.driver || "bridge", subnets, options: optionsFrom(values) };
}

/** docker takes several in one value: `--subnet 10.1.0.0/24,10.2.0.0/24`. */
const words = (value: string): string[] => value.split(",").map((word) => word.trim());

function optionsFrom(values: Values<typeof flags>): NetworkOptions {
	const [nameless] = values.label.filter((pair) => pair === "" || pair.startsWith("="));
	if (nameless !== undefined) throw malformed(`invalid label "${nameless}": a name is expected`);
	const given = (pairs: string[]) => (pairs.length > 0 ? recordOf(pairs) : undefined);
	return {
		internal: values.internal || undefined,
		noIpv4: !values.ipv4 || undefined,
		ipv6: values.ipv6 || undefined,
		attachable: values.attachable || undefined,
		labels: given(values.label),
		driverOptions: given(values.opt),
		ipamOptions: given(values["ipam-opt"]),
	};
}
