/** Ports of the host: who gets one, what is said to those who do not, and when it is free again. */

import { afterEach, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, isAlive, type Outcome, ours, ready, until, useEngine } from "./harness.ts";
import { listeners, onHost, Place } from "./outside.ts";

const able = ready && requires("outside", "curl", "nft");
const host = new Place(process.pid);

describe.skipIf(!able)("a published port", () => {
	const engine = useEngine("claims");
	afterEach(() => engine.removeAll());

	const inspected = async (name: string, format: string) => engine.ok("inspect", "-f", format, name);
	const pidOf = async (name: string) => Number(await inspected(name, "{{.State.Pid}}"));
	const parentOf = (pid: number) => Number(onHost(`ps -o ppid= -p ${pid}`));
	const sleeper = (name: string, ...flags: string[]) => ["run", "-d", "--name", name, ...flags, IMAGE, "sleep", "1000"];
	const start = (name: string, ...flags: string[]) => engine.ok(...sleeper(name, ...flags));
	const refuse = async (...flags: string[]): Promise<Outcome> => {
		const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect([flags, outcome.code, outcome.stdout]).toEqual([flags, 125, ""]);
		return outcome;
	};
	const elements = () => onHost("nft list ruleset").match(/comment "[^"]*" : /g)?.length ?? 0;
	const forwarders = (monitor: number) =>
		onHost(`ps -o pid=,ppid=,comm= -A`)
			.split("\n")
			.map((line) => line.trim().split(/\s+/))
			.filter(([, parent, name]) => parent === String(monitor) && name === "bunker-forward")
			.map(([pid]) => Number(pid));

	test("that somebody listens at is refused, and nothing is made", async () => {
		using four = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
		using six = Bun.listen({ hostname: "::1", port: 0, ipv6Only: true, socket: { data() {} } } as never);
		const datagrams = await Bun.udpSocket({ hostname: "0.0.0.0" });
		const before = onHost("nft list ruleset");
		const inUse = (port: number, address = "0.0.0.0", protocol = "tcp") =>
			`bunker: publish ${address}:${port}/${protocol}: EADDRINUSE (address already in use)\n`;
		expect((await refuse("-p", `${four.port}:80`)).stderr).toBe(inUse(four.port));
		expect((await refuse("-p", `127.0.0.1:${four.port}:80`)).stderr).toBe(inUse(four.port, "127.0.0.1"));
		expect((await refuse("-p", `${six.port}:80`)).stderr).toBe(inUse(six.port, "[::]"));
		expect((await refuse("-p", `${datagrams.port}:80/udp`)).stderr).toBe(inUse(datagrams.port, "0.0.0.0", "udp"));
		// The same number of the other protocol is free.
		await engine.ok("run", "--rm", "-p", `${four.port}:80/udp`, IMAGE, "true");
		datagrams.close();
		expect(onHost("nft list ruleset").replace(/\n\t+elements[^\n]*/g, "")).toContain(before.split("\n")[0] as string);
		expect(elements()).toBe(0);
		await engine.assertClean();
	});

	test("of an address that the host does not have is refused", async () => {
		const { stderr } = await refuse("-p", "198.51.100.9:8080:80");
		expect(stderr).toContain("publish 198.51.100.9:8080/tcp: EADDRNOTAVAIL");
	});

	test("that another container has is refused, by its name, whichever address was asked for", async () => {
		await start("holder", "-p", "8080:80");
		for (const address of ["", "0.0.0.0:", "127.0.0.1:", "[::]:", "[::1]:"]) {
			const { stderr } = await refuse("-p", `${address}8080:80`);
			expect(stderr).toMatch(/^bunker: publish \S+:8080\/tcp: port is already allocated to container holder\n$/);
		}
		await start("other", "-p", "8080:80/udp");
	});

	ours("that is asked for twice is refused", async () => {
		const { stderr } = await refuse("-p", "8081:80", "-p", "8081:81");
		expect(stderr).toBe("bunker: publish 0.0.0.0:8081/tcp: asked for twice\n");
	});

	test("that is wanted by many at once is one's", async () => {
		const names = Array.from({ length: 8 }, (_, index) => `racer${index}`);
		const outcomes = await Promise.all(names.map((name) => engine.run(...sleeper(name, "-p", "8090:80"))));
		expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
		const losers = outcomes.filter(({ code }) => code === 125);
		expect(losers).toHaveLength(7);
		for (const { stderr } of losers) expect(stderr).toContain("8090/tcp: ");
		expect(elements()).toBe(1);
	});

	test("of a range is the first that is free", async () => {
		await start("one", "-p", "8100-8101:80");
		await start("two", "-p", "8100-8101:80");
		expect(listeners("self", "tcp").filter((port) => port >= 8100 && port <= 8101)).toEqual([8100, 8101]);
		const { stderr } = await refuse("-p", "8100-8101:80");
		expect(stderr).toBe("bunker: publish 0.0.0.0:8100-8101/tcp: every port of the range is in use\n");
		await engine.ok("rm", "-f", "one");
		await start("three", "-p", "8100-8101:80");
	});

	test("without a number is one that the kernel picks, the same for IPv4 and IPv6, and another after a restart", async () => {
		const before = new Set(listeners("self", "tcp"));
		const added = () => listeners("self", "tcp").filter((port) => !before.has(port));
		await start("any", "-p", "80", "-p", "127.0.0.1::81");
		expect(added()).toHaveLength(2);
		const [port] = added().filter((one) => onHost(`ss -tlnH sport = ${one}`).includes("[::]"));
		const place = new Place(await pidOf("any"));
		await place.tellClients(80, "tcp", "0.0.0.0");
		for (const address of ["127.0.0.1", "[::1]"]) onHost(`curl -sS -g --max-time 5 http://${address}:${port}/`);
		await place.close();
		await engine.ok("restart", "-t", "0", "any");
		expect(added()).toHaveLength(2);
		await engine.ok("stop", "-t", "0", "any");
		expect(added()).toEqual([]);
		await engine.ok("start", "any");
		expect(added()).toHaveLength(2);
	});

	test("-P publishes what is exposed, but for what -p names", async () => {
		await start("all", "-P", "--expose", "80-82", "--expose", "53/udp", "-p", "8120:81");
		expect(elements()).toBe(4);
		expect(listeners("self", "tcp")).toContain(8120);
	});

	test("a thousand of them are held, whatever the caller's limit of open files", async () => {
		const words = [
			"run",
			"-d",
			"--name",
			"wide",
			"-p",
			"20000-20999:20000-20999",
			IMAGE,
			"sh",
			"-c",
			"ulimit -n; sleep 1000",
		];
		const limited = Bun.spawnSync(["sh", "-c", 'ulimit -Sn 512; "$@"; exit $?', "sh", ...engine.command, ...words], {
			env: engine.environment,
		});
		expect(limited.stderr.toString()).toBe("");
		expect(listeners("self", "tcp").filter((port) => port >= 20000 && port < 21000)).toHaveLength(1000);
		expect(elements()).toBe(1000);
		const place = new Place(await pidOf("wide"));
		await place.tellClients(20999, "tcp", "0.0.0.0");
		onHost("curl -sS -g --max-time 5 http://[::1]:20999/");
		await place.close();
		expect(await engine.ok("logs", "wide")).toBe("512");
		await engine.ok("rm", "-f", "wide");
		expect(elements()).toBe(0);
	});

	ours("of SCTP is refused where the kernel has none", async () => {
		const outcome = await engine.run("run", "--rm", "-p", "8080:80/sctp", IMAGE, "true");
		if (outcome.code === 0) return;
		expect(outcome.stderr).toBe("bunker: publish 0.0.0.0:8080/sctp: this kernel has no SCTP (the module sctp)\n");
	});

	test("of a container on the host's network, or on none, is nobody's", async () => {
		await start("hosts", "--network", "host", "-p", "8080:80");
		await start("lonely", "--network", "none", "-p", "8081:80");
		for (const port of [8080, 8081]) expect(listeners("self", "tcp")).not.toContain(port);
	});

	test("is free as soon as its container is gone, twenty times over", async () => {
		for (let round = 0; round < 20; round++) {
			await start("again", "-p", "8080:80", "-p", "8080:80/udp");
			await engine.ok("rm", "-f", "again");
		}
		expect(listeners("self", "tcp")).not.toContain(8080);
		expect(elements()).toBe(0);
	});

	test("is free when the program of run --rm has ended, with connections that are left", async () => {
		const listener = ["sh", "-c", "echo ready; exec nc -l -p 80"];
		for (let round = 0; round < 3; round++) {
			const program = engine.spawn("run", "--rm", "-p", "8080:80", IMAGE, ...listener);
			await program.prints("ready");
			const client = host.spawn("curl", "-s", "--max-time", "20", "http://[::1]:8080/");
			await Bun.sleep(100);
			client.kill("SIGKILL");
			await program.ended(10_000);
		}
		await engine.becomesClean();
		expect(elements()).toBe(0);
	});

	ours("is given back by whoever looks when its monitor was killed, and the next one gets it", async () => {
		await start("lost", "-p", "8080:80");
		const pid = await pidOf("lost");
		process.kill(parentOf(pid), "SIGKILL");
		await until("the program is dead", () => !isAlive(pid));
		await start("next", "-p", "8080:80");
		expect(elements()).toBe(1);
		expect(onHost("nft list ruleset")).toContain('comment "next"');
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(137\).*lost/);
	});

	ours("is forwarded again after the forwarder was killed, which ends with its monitor", async () => {
		await start("web", "-p", "8080:80");
		const pid = await pidOf("web");
		const place = new Place(pid);
		await place.tellClients(80, "tcp", "0.0.0.0");
		const monitor = parentOf(pid);
		const ask = () => onHost("curl -sS -g --max-time 5 http://[::1]:8080/");
		expect(forwarders(monitor)).toEqual([]);
		const answer = ask();
		const [forwarder] = forwarders(monitor);
		process.kill(forwarder as number, "SIGKILL");
		expect(ask()).toBe(answer);
		const [another] = forwarders(monitor);
		expect(another).not.toBe(forwarder);
		process.kill(monitor, "SIGKILL");
		await until("the forwarder is gone", () => !isAlive(another as number));
		await place.close();
		await engine.ok("rm", "-f", "web");
		expect(elements()).toBe(0);
	});

	ours("is left neither held nor led anywhere when the CLI is killed while the container starts", async () => {
		for (let delay = 0; delay <= 40; delay += 4) {
			const program = engine.spawn(...sleeper("half", "-p", "8080:80"));
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			await engine.run("rm", "-f", "half");
			await start("whole", "-p", "8080:80");
			expect(elements()).toBe(1);
			await engine.ok("rm", "-f", "whole");
			expect(elements()).toBe(0);
		}
	});

	test("stays its container's when a policy restarts it", async () => {
		const script = "[ -e /again ] && exec sleep 1000; touch /again; sleep 0.3; exit 1";
		await engine.ok(
			"run",
			"-d",
			"--name",
			"phoenix",
			"--restart",
			"always",
			"-p",
			"8080:80",
			IMAGE,
			"sh",
			"-c",
			script,
		);
		await until(
			"it was restarted",
			async () => (await inspected("phoenix", "{{.RestartCount}} {{.State.Status}}")) === "1 running",
		);
		expect(listeners("self", "tcp")).toContain(8080);
		expect(elements()).toBe(1);
	});

	test("that a program which cannot be started would have had is free", async () => {
		const { code } = await engine.run("run", "--rm", "-p", "8080:80", IMAGE, "nothing-of-that-name");
		expect(code).toBe(127);
		expect(elements()).toBe(0);
		await start("next", "-p", "8080:80");
	});
});
