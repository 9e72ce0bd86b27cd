/**
 * TCP through what we have made, beside the same made by hand: a bridge and veth
 * pairs. iperf3 runs in the network namespaces themselves, of containers and of
 * ours alike: what is measured is the way, not the cgroup.
 */

import type { Subprocess } from "bun";
import * as contenders from "./contenders.ts";
import { IMAGE, removeAll } from "./contenders.ts";
import { output, run } from "./measure.ts";
import type { Row } from "./rows.ts";

const PORT = "5201";
const PUBLISHED = "5301";
const SECONDS = "1";
/** of the bridge that is made by hand */
const BRIDGE = "10.99.0.1";

/** A network namespace, kept by a process. */
interface Place {
	pid: number;
	address: string;
}

const at = (place: Place | undefined, ...words: string[]) =>
	place ? ["nsenter", `--net=/proc/${place.pid}/ns/net`, ...words] : words;

/** Milliseconds that a gigabyte takes from a place (the host, where none is said) to an address. */
function gigabyte(from: Place | undefined, address: string, port = PORT): number {
	for (let tries = 0; ; tries++) {
		const report = output({ words: at(from, "iperf3", "-J", "-c", address, "-p", port, "-t", SECONDS) });
		const { end, error } = JSON.parse(report);
		if (end.sum_received) return (end.sum_received.seconds * 1e12) / end.sum_received.bytes;
		// The server serves one, and may be at the end of the one before.
		if (tries === 20) throw new Error(`iperf3: ${error}`);
		Bun.sleepSync(100);
	}
}

/** Everything that is measured, and how it ends. */
class Ground implements Disposable {
	private readonly processes: Subprocess[] = [];

	private constructor(private readonly engine: contenders.Engine) {}

	static async lay(name: string): Promise<Ground> {
		const ground = new Ground(contenders.bunker(name));
		run({ words: ["ip", "link", "add", "byhand", "type", "bridge"] });
		run({ words: ["ip", "address", "add", `${BRIDGE}/24`, "dev", "byhand"] });
		run({ words: ["ip", "link", "set", "byhand", "up"] });
		return ground;
	}

	/** A container of ours with a server in it. */
	async container(name: string, ...flags: string[]): Promise<Place> {
		run(this.engine.command("run", "-d", "--name", name, ...flags, IMAGE, "sleep", "100000"));
		const [{ State, NetworkSettings }] = JSON.parse(output(this.engine.command("inspect", name)));
		return this.served({ pid: State.Pid, address: NetworkSettings.Networks.bridge.IPAddress });
	}

	/** The same by hand. */
	async byHand(number: number): Promise<Place> {
		const keeper = Bun.spawn(["unshare", "--net", "sh", "-c", "echo; exec sleep 100000"], { stdout: "pipe" });
		this.processes.push(keeper);
		await keeper.stdout.getReader().read();
		const place = { pid: keeper.pid, address: `10.99.0.${number}` };
		const pair = ["name", `byhand${number}`, "master", "byhand", "up", "type", "veth"];
		run({ words: ["ip", "link", "add", ...pair, "peer", "name", "eth0", "netns", String(keeper.pid)] });
		run({ words: at(place, "ip", "address", "add", `${place.address}/24`, "dev", "eth0") });
		run({ words: at(place, "ip", "link", "set", "eth0", "up") });
		return this.served(place);
	}

	private async served(place: Place): Promise<Place> {
		const server = Bun.spawn(at(place, "iperf3", "-s", "-p", PORT, "--forceflush"), { stdout: "pipe" });
		this.processes.push(server);
		// It says so when it listens.
		await server.stdout.getReader().read();
		return place;
	}

	[Symbol.dispose](): void {
		for (const process of this.processes) process.kill("SIGKILL");
		removeAll(this.engine);
		run({ words: ["ip", "link", "delete", "byhand"] });
	}
}

/** As a whole: the rows differ in who sends to whom. */
async function row(
	name: string,
	what: string,
	make: (ground: Ground) => Promise<{ ours: () => number; byHand: () => number }>,
): Promise<Row> {
	const ground = await Ground.lay(name);
	const { ours, byHand } = await make(ground);
	return {
		what: `TCP, a gigabyte ${what}`,
		unit: "ms",
		// Many short ones: the machine changes its mind by the second.
		rounds: 21,
		contenders: { bunker: ours, "veth by hand": byHand },
		// 0.97 of its throughput.
		bounds: { "veth by hand": 1.03 },
		finish: () => ground[Symbol.dispose](),
	};
}

export const hostRow = () =>
	row("tcp-host", "from the host to a container", async (ground) => {
		const [ours, byHand] = [await ground.container("one"), await ground.byHand(2)];
		return { ours: () => gigabyte(undefined, ours.address), byHand: () => gigabyte(undefined, byHand.address) };
	});

export const containersRow = () =>
	row("tcp-containers", "from container to container", async (ground) => {
		const [from, to] = [await ground.container("from"), await ground.container("to")];
		const [fromHand, toHand] = [await ground.byHand(2), await ground.byHand(3)];
		return { ours: () => gigabyte(from, to.address), byHand: () => gigabyte(fromHand, toHand.address) };
	});

/** Through the host's own address, as from anywhere: led in the kernel. */
export const publishedRow = () =>
	row("tcp-published", "from the host to a published port", async (ground) => {
		await ground.container("one", "-p", `${PUBLISHED}:${PORT}`);
		const byHand = await ground.byHand(2);
		return { ours: () => gigabyte(undefined, BRIDGE, PUBLISHED), byHand: () => gigabyte(undefined, byHand.address) };
	});
