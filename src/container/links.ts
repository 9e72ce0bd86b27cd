/** What docker's --link tells a container of another: environment variables, and names for /etc/hosts. Pure (moby: daemon/links). */

/** A container that another is linked to. */
export interface Linked {
	/** what the one that asks calls it */
	alias: string;
	name: string;
	hostname: string;
	address: string;
	/** `80/tcp` */
	ports: readonly string[];
	/** `NAME=value` */
	env: readonly string[];
}

interface Port {
	number: number;
	protocol: string;
}

/** `ID:ALIAS` of a container's options. */
export function parseLinked(link: string): { id: string; alias: string } {
	const colon = link.indexOf(":");
	return { id: link.slice(0, colon), alias: link.slice(colon + 1) };
}

/** The names by which /etc/hosts knows it. */
export function linkedNames({ alias, hostname, name }: Pick<Linked, "alias" | "hostname" | "name">): string {
	return name === alias ? `${alias} ${hostname}` : `${alias} ${hostname} ${name}`;
}

/**
 * The variables: DB_PORT is the first port, tcp before others; each port has
 * four, ports in a row two ends; then what the other has set itself.
 * @param asker name of the container that asks
 */
export function linkVariables({ alias, address, ports, env }: Linked, asker: string): string[] {
	const prefix = alias.toUpperCase().replaceAll("-", "_");
	const url = ({ protocol, number }: Port) => `${protocol}://${address}:${number}`;
	const sorted = ports.map(portOf).sort(byProtocol);
	const variables: string[] = sorted[0] ? [`${prefix}_PORT=${url(sorted[0])}`] : [];
	for (const run of runsOf(sorted)) {
		for (const port of run) {
			const own = variableOf(prefix, port);
			variables.push(`${own}=${url(port)}`, `${own}_ADDR=${address}`);
			variables.push(`${own}_PORT=${port.number}`, `${own}_PROTO=${port.protocol}`);
		}
		const [first, last] = [run[0] as Port, run[run.length - 1] as Port];
		if (first === last) continue;
		const own = variableOf(prefix, first);
		variables.push(`${own}_START=${url(first)}`, `${own}_PORT_START=${first.number}`);
		variables.push(`${own}_END=${url(last)}`, `${own}_PORT_END=${last.number}`);
	}
	variables.push(`${prefix}_NAME=/${asker}/${alias}`);
	for (const variable of env)
		if (variable.includes("=") && !/^(HOME|PATH)=/.test(variable)) variables.push(`${prefix}_ENV_${variable}`);
	return variables;
}

const variableOf = (prefix: string, { number, protocol }: Port) => `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;

function portOf(text: string): Port {
	const [number, protocol = "tcp"] = text.split("/");
	return { number: Number(number), protocol };
}

function byProtocol(one: Port, other: Port): number {
	if (one.protocol === other.protocol) return one.number - other.number;
	if (one.protocol === "tcp" || other.protocol === "tcp") return one.protocol === "tcp" ? -1 : 1;
	return one.protocol < other.protocol ? -1 : 1;
}

/** Ports of one protocol whose numbers follow each other. */
function runsOf(ports: readonly Port[]): Port[][] {
	const runs: Port[][] = [];
	for (const port of ports) {
		const last = runs.at(-1)?.at(-1);
		if (last && last.protocol === port.protocol && last.number + 1 === port.number) runs.at(-1)?.push(port);
		else runs.push([port]);
	}
	return runs;
}
