/** Ports as docker writes them: `80`, `80/udp`, `8000-8080/tcp`. */

const PORTS = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/(tcp|udp|sctp))?$/;
const MOST = 65535;

/** `80-81/tcp` → `80/tcp`, `81/tcp`; undefined for what is no port. */
export function parsePorts(text: string): string[] | undefined {
	const [, low, high = low, protocol = "tcp"] = PORTS.exec(text.toLowerCase()) ?? [];
	const first = Number(low);
	const last = Number(high);
	if (!(first <= last && last <= MOST)) return undefined;
	return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}
