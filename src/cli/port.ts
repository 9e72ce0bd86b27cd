/** `port`: where a container's ports are on the host. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { ports } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { compareNaturally } from "../text/natural.ts";
import { joined } from "./ports-text.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
	operands: { least: 1, most: 2 },
	completes: ["container"],
	flags: {},
	description: "Prints where on the host each published port is; with a port of the container's, that one alone.",
	examples: ["port web", "port web 80", "port web 53/udp"],
	async run({ operands: [name = "", port], open }) {
		const found = await ports(await open(), name);
		const lines = port ? addressesOf(found, name, port) : Object.entries(found).flatMap(mappings);
		writeOut(
			STDOUT,
			lines
				.sort(compareNaturally)
				.map((line) => `${line}\n`)
				.join(""),
		);
		return 0;
	},
});

type Ports = Awaited<ReturnType<typeof ports>>;

const addresses = (bindings: Ports[string]): string[] =>
	(bindings ?? []).map(({ HostIp, HostPort }) => joined(HostIp, HostPort));

const mappings = ([port, bindings]: [string, Ports[string]]): string[] =>
	addresses(bindings).map((address) => `${port} -> ${address}`);

function addressesOf(found: Ports, name: string, typed: string): string[] {
	const [number = "", protocol] = typed.split("/");
	if (!/^[0-9]+$/.test(number) || Number(number) > 65535) throw new Failure(`invalid port (${number})`);
	const lines = addresses(found[`${number}/${protocol || "tcp"}`] ?? null);
	if (lines.length === 0) throw new Failure(`no public port '${typed}' published for ${name}`);
	return lines;
}
