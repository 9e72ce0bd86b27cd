/** `stats`: what the kernel's files say, docker's formulas over it, and how docker writes it (reference/stats.json). */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { numberIn, numberOf, stalledIn, transferredV1, transferredV2 } from "../../src/cgroup/counters.ts";
import type { Group } from "../../src/cgroup/hierarchy.ts";
import { counters } from "../../src/cgroup/statistics.ts";
import { cellsOf } from "../../src/cli/stats-cells.ts";
import { statsListing, statsRow } from "../../src/cli/stats-rows.ts";
import { percentOf, processorsIn } from "../../src/container/machine.ts";
import type { Usage } from "../../src/container/stats.ts";
import { trafficIn } from "../../src/container/traffic.ts";
import { formatRows } from "../../src/template/format.ts";
import { formatBinarySize } from "../../src/text/size.ts";

/** of Linux 6.18, a container that has read a file of 20 MB; lines between left out */
const V1_STAT = `cache 21086208
rss 303104
inactive_anon 299008
active_anon 4096
inactive_file 20971520
active_file 114688
unevictable 0
hierarchical_memory_limit 67108864
hierarchical_memsw_limit 134217728
total_cache 21086208
total_inactive_anon 299008
total_inactive_file 20975616
total_active_file 114688
total_unevictable 0
`;
const V2_STAT = `anon 303104
file 21086208
kernel 184320
inactive_anon 299008
active_anon 4096
inactive_file 20971520
active_file 114688
unevictable 0
`;
const V1_IO = `254:0 Read 20979712
254:0 Write 4096
254:0 Sync 20983808
254:0 Async 0
254:0 Discard 0
254:0 Total 20983808
7:0 Read 1024
7:0 Write 0
7:0 Total 1024
Total 20984832
`;
const V2_IO = `7:1 
254:0 rbytes=20979712 wbytes=4096 rios=164 wios=1 dbytes=0 dios=0
7:0 rbytes=1024 wbytes=0 rios=1 wios=0 dbytes=0 dios=0
`;
const CPU_STAT = `usage_usec 145823
user_usec 100000
system_usec 45823
nr_periods 21
`;
const PRESSURE = `some avg10=6.03 avg60=8.74 avg300=9.00 total=1368303269
full avg10=1.50 avg60=0.00 avg300=0.00 total=0
`;

describe("a file of a cgroup", () => {
	test("with one number", () => {
		expect(numberIn("348160\n")).toBe(348160);
		expect(numberIn("max\n")).toBe(Number.POSITIVE_INFINITY);
	});

	test("with names: the whole name counts", () => {
		expect(numberOf(V1_STAT, "total_inactive_file")).toBe(20975616);
		expect(numberOf(V1_STAT, "cache")).toBe(21086208);
		expect(numberOf(V2_STAT, "inactive_file")).toBe(20971520);
		expect(numberOf(CPU_STAT, "usage_usec")).toBe(145823);
		expect(numberOf("usage_usec 7", "usage_usec")).toBe(7);
		expect(numberOf(V2_STAT, "file_dirty")).toBeUndefined();
		expect(numberOf("", "file")).toBeUndefined();
	});

	test("of block devices: all of them, each byte once", () => {
		expect(transferredV1(V1_IO)).toEqual({ read: 20980736, written: 4096 });
		expect(transferredV2(V2_IO)).toEqual({ read: 20980736, written: 4096 });
		expect(transferredV1("Total 0\n")).toEqual({ read: 0, written: 0 });
		expect(transferredV2("")).toEqual({ read: 0, written: 0 });
	});

	test("of pressure", () => {
		expect(stalledIn(PRESSURE)).toEqual({ some: 6.03, full: 1.5 });
		expect(stalledIn("some avg10=0.52 avg60=0.00 avg300=0.00 total=9\n")).toEqual({ some: 0.52, full: 0 });
	});
});

describe("the counters of a cgroup", () => {
	const top = mkdtempSync(`${tmpdir()}/bunker-stats-`);
	afterAll(() => rmSync(top, { recursive: true }));
	beforeEach(() => {
		rmSync(top, { recursive: true });
		mkdirSync(top);
	});

	/** A cgroup in a hierarchy with these controllers, its files made. */
	function group(version: 1 | 2, controllers: string, files: Record<string, string>): Group {
		const path = `${top}/${version}-${controllers.replaceAll(" ", "-")}`;
		mkdirSync(path);
		for (const [name, content] of Object.entries(files)) writeFileSync(`${path}/${name}`, content);
		return { hierarchy: { version, controllers: controllers.split(" ").filter(Boolean), mount: top, own: "/" }, path };
	}

	const cpuacct = () => group(1, "cpuacct", { "cpuacct.usage": "145823563\n" });
	const memory = (limit: string) =>
		group(1, "memory", {
			"memory.usage_in_bytes": "21319680\n",
			"memory.limit_in_bytes": `${limit}\n`,
			"memory.stat": V1_STAT,
		});
	const blkio = () => group(1, "blkio", { "blkio.throttle.io_service_bytes_recursive": V1_IO });
	const pids = () => group(1, "pids", { "pids.current": "3\n" });
	const ALL_V2 = {
		"cpu.stat": CPU_STAT,
		"memory.current": "21319680\n",
		"memory.max": "max\n",
		"memory.stat": V2_STAT,
		"io.stat": V2_IO,
		"pids.current": "3\n",
		"cpu.pressure": PRESSURE,
	};

	test("of v1", () => {
		const counter = counters([cpuacct(), memory("67108864"), blkio(), pids()]);
		expect(counter.cpuTime()).toBe(145823563);
		expect(counter.statistics()).toEqual({
			memory: 21319680 - 20975616,
			memoryLimit: 67108864,
			transferred: { read: 20980736, written: 4096 },
			processes: 3,
		});
		expect(counter.pressure()).toEqual({});
	});

	test("of v2", () => {
		const counter = counters([group(2, "cpuset cpu io memory pids", ALL_V2)]);
		expect(counter.cpuTime()).toBe(145823000);
		expect(counter.statistics()).toEqual({
			memory: 21319680 - 20971520,
			memoryLimit: Number.POSITIVE_INFINITY,
			transferred: { read: 20980736, written: 4096 },
			processes: 3,
		});
		expect(counter.pressure()).toEqual({ cpu: { some: 6.03, full: 1.5 } });
	});

	test("of a hybrid host, each where its controller is; CPU time is v2's where no v1 hierarchy counts it", () => {
		const counter = counters([memory("9223372036854771712"), group(2, "pids io", ALL_V2)]);
		expect(counter.cpuTime()).toBe(145823000);
		expect(counter.statistics()).toMatchObject({ memory: 21319680 - 20975616, processes: 3 });
		expect(counter.statistics().memoryLimit).toBeGreaterThan(2 ** 62);
		expect(counter.pressure().cpu).toEqual({ some: 6.03, full: 1.5 });
	});

	test("where a controller is missing, or the cgroup: undefined", () => {
		expect(counters([]).cpuTime()).toBeUndefined();
		expect(counters([]).statistics()).toEqual({});
		const counter = counters([cpuacct(), pids()]);
		counter.open();
		expect(counter.statistics()).toEqual({ processes: 3 });
		counter.close();
		rmSync(top, { recursive: true });
		mkdirSync(top);
		expect(counter.cpuTime()).toBeUndefined();
		expect(counter.statistics()).toEqual({});
	});

	test("are read as they are now", () => {
		const where = cpuacct();
		const counter = counters([where]);
		expect(counter.cpuTime()).toBe(145823563);
		writeFileSync(`${where.path}/cpuacct.usage`, "245823563\n");
		expect(counter.cpuTime()).toBe(245823563);
	});

	test("of memory whose file cache is larger than what is charged: docker shows all of it", () => {
		const where = group(2, "memory", { ...ALL_V2, "memory.current": "4096\n" });
		expect(counters([where]).statistics().memory).toBe(4096);
	});
});

describe("docker's formulas", () => {
	// moby, daemon/stats_unix_test.go has such a file: what is stolen, and guests, are no part of it.
	const STAT = `cpu  100 200 300 400 500 600 700 9000 9000 9000
cpu0 50 100 150 200 250 300 350 0 0 0
cpu1 50 100 150 200 250 300 350 0 0 0
intr 24124968 0 0
`;

	test("the time of all processors, in nanoseconds, and how many there are", () => {
		expect(processorsIn(STAT)).toEqual({ time: 28_000_000_000, count: 2 });
	});

	test.each([
		["one of two processors", 1_000_000_000, 100],
		["both", 2_000_000_000, 200],
		["nothing", 0, 0],
		["less than before", -5, 0],
	])("CPU %%: %s", (_, used, percent) => {
		expect(percentOf(used, { time: 10_000_000_000, count: 2 }, { time: 12_000_000_000, count: 2 })).toBe(percent);
	});

	test("CPU % where no time has passed is none", () => {
		const at = { time: 1, count: 1 };
		expect(percentOf(5, at, at)).toBe(0);
	});

	test("network traffic: all interfaces but lo", () => {
		const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    6386      58    0    0    0     0          0         0     6386      58    0    0    0     0       0          0
  eth0:     806       9    0    0    0     0          0         0      126       3    0    0    0     0       0          0
eth1:12345678901      9    0    0    0     0          0         0        1       3    0    0    0     0       0          0
`;
		expect(trafficIn(text)).toEqual({ received: 12345679707, sent: 127 });
		expect(trafficIn("")).toEqual({ received: 0, sent: 0 });
	});
});

describe("what is printed", () => {
	const ID = "1b97cc3976d14f6096fd498602b7e6fa119a632ce66f227214a0b90d743a3216";
	// What docker 28 had measured when it printed reference/stats.json.
	const g1: Usage = {
		id: ID,
		name: "g1",
		given: "g1",
		amounts: {
			cpu: 2.6512,
			memory: 352256,
			memoryLimit: 67108864,
			received: 736,
			sent: 126,
			transferred: { read: 0, written: 0 },
			processes: 1,
		},
	};
	const print = (usages: Usage[], format: string) =>
		formatRows(
			usages.map((usage) => statsRow(usage, false, false)),
			format,
			statsListing(false),
		);

	test("json is docker's, byte for byte", () => {
		expect(print([g1], "json").trim()).toBe(readFileSync("test/reference/stats.json", "utf8").trim());
	});

	test("the cells of the table; --no-trunc", () => {
		const cells = ["1b97cc3976d1", "g1", "2.65%", "344KiB / 64MiB", "0.52%", "736B / 126B", "0B / 0B", "1"];
		expect(cellsOf(g1, false)).toEqual(cells);
		expect(cellsOf(g1, true)).toEqual([ID, ...cells.slice(1)]);
	});

	// docker/cli, container/formatter_stats_test.go: what it does not know.
	test("of one that was removed meanwhile there is nothing but its name", () => {
		const gone = { id: ID, name: "g1", given: "g1" };
		expect(cellsOf(gone, false).slice(2)).toEqual(["--", "-- / --", "--", "--", "--", "--"]);
		expect(print([g1, gone], "table {{.MemUsage}}")).toBe("MEM USAGE / LIMIT\n344KiB / 64MiB\n-- / --\n");
	});

	test("what nothing counts on this host", () => {
		expect(cellsOf({ ...g1, amounts: { received: 0, sent: 0, processes: 1 } }, false).slice(2)).toEqual([
			"--",
			"-- / --",
			"--",
			"0B / 0B",
			"--",
			"1",
		]);
	});

	test("without a row: the titles", () => {
		expect(print([], "table {{.Container}}\t{{.CPUPerc}}")).toBe("CONTAINER   CPU %\n");
	});

	test("pressure, only for a template that names it", () => {
		const pressed = { ...g1, amounts: { ...(g1.amounts as object), pressure: { cpu: { some: 6.03, full: 1.5 } } } };
		const row = statsRow(pressed as Usage, false, true);
		const format = "table {{.CPUPressure}}\t{{.MemPressure}}\t{{.IOPressure}}";
		expect(formatRows([row], format, statsListing(true))).toBe(
			"CPU PRESSURE    MEM PRESSURE   I/O PRESSURE\n6.03% / 1.50%   --             --\n",
		);
	});

	// go-units, size_test.go
	test.each([
		[0, "0B"],
		[1023, "1023B"],
		[1024, "1KiB"],
		[1024 ** 2, "1MiB"],
		[1024 ** 3, "1GiB"],
		[3.42 * 1024 ** 2, "3.42MiB"],
		[5.372 * 1024 ** 3, "5.372GiB"],
		[2.22 * 1024 ** 4, "2.22TiB"],
		[64.5 * 1024 ** 2, "64.5MiB"],
	])("%d bytes as docker writes sizes of memory", (bytes, text) => {
		expect(formatBinarySize(bytes)).toBe(text);
	});
});
