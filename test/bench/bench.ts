/**
 * `make bench`: our commands beside their peers', warm, alternating, in one run
 * on one machine; medians as ratios. Ends with 1 if a bound is broken.
 *
 *     bench.ts [ROW,ROW…]      pipe512 means pipe512-none, too
 *
 * crun refuses a host with v1 controllers and a cgroup2 mount beside them, and
 * /run is a tmpfs on hosts but not on every machine of ours. So everything runs
 * in a mount namespace without that mount and with a tmpfs on /run: the same for
 * all. And in a network namespace: bridges and rules are none of the host's.
 */

import { existsSync } from "node:fs";
import { PACKAGES } from "./contenders.ts";
import { median, ratio, type Samples, summary } from "./measure.ts";
import { type Measure, ROWS, type Row } from "./rows.ts";

const HYBRID = "/sys/fs/cgroup/unified";

if (process.getuid?.() !== 0) {
	console.error("make bench: containers need root, for now");
	process.exit(1);
}
if (!process.env.BUNKER_BENCH_INSIDE) process.exit(inside());
process.exit(await main(process.argv[2]));

function inside(): number {
	const separate = existsSync(`${HYBRID}/cgroup.procs`) ? `umount ${HYBRID};` : "";
	const script = `${separate} mount -t tmpfs tmpfs /run; busybox ip link set lo up; exec "$@"`;
	const words = [
		"unshare",
		"--net",
		"-m",
		"--propagation",
		"private",
		"sh",
		"-c",
		script,
		"sh",
		process.execPath,
		...process.argv.slice(1),
	];
	const env = { ...process.env, BUNKER_BENCH_INSIDE: "1" };
	return Bun.spawnSync(words, { env, stdin: "inherit", stdout: "inherit", stderr: "inherit" }).exitCode;
}

async function main(wanted: string | undefined): Promise<number> {
	const names = wanted ? wanted.split(",") : Object.keys(ROWS);
	const chosen = Object.keys(ROWS).filter((name) => names.some((want) => name === want || name.startsWith(`${want}-`)));
	const unknown = names.filter((name) => !(name in ROWS));
	if (unknown.length > 0) {
		console.error(`make bench: no row ${unknown.join(", ")}; there are ${Object.keys(ROWS).join(", ")}`);
		return 1;
	}
	let over = 0;
	for (const name of chosen) over += await report(name, await (ROWS[name] as (typeof ROWS)[string])());
	console.log(over ? `\n${over} over their bounds` : "\nno line over its bound");
	return over ? 1 : 0;
}

/** Measures and prints a row. @returns how many bounds are broken */
async function report(name: string, row: Row): Promise<number> {
	console.log(`\n${name}: ${row.what} (${row.rounds} rounds)`);
	const samples = await measure(row);
	row.finish?.();
	const ours = samples.bunker as Samples;
	console.log(`  ${"bunker".padEnd(22)}${`${summary(ours)} ${row.unit}`.padEnd(28)}${limitOf(row, ours)}`);
	let over = row.limit !== undefined && median(ours) > row.limit ? 1 : 0;
	for (const [peer, theirs] of Object.entries(samples)) {
		if (peer === "bunker") continue;
		if (!theirs) {
			const program = peer.split(" ")[0] as string;
			console.log(`  ${peer.padEnd(22)}not installed: apt-get install ${PACKAGES[program] ?? program}`);
			continue;
		}
		const line = verdict(row, peer, ours, theirs);
		over += line.over ? 1 : 0;
		console.log(`  ${peer.padEnd(22)}${`${summary(theirs)} ${row.unit}`.padEnd(28)}${line.text}`);
	}
	return over;
}

/** All contenders in turn, round after round; the first round only warms. */
async function measure(row: Row): Promise<Record<string, Samples | undefined>> {
	const samples: Record<string, Samples | undefined> = {};
	for (const [name, one] of Object.entries(row.contenders)) samples[name] = one && [];
	const contenders = Object.entries(row.contenders);
	for (let round = -1; round < row.rounds; round++) {
		// Each begins in its turn: what one leaves the kernel to do falls to who comes next.
		for (const at of contenders.keys()) {
			const [name, one] = contenders[(at + round + 1) % contenders.length] as [string, Measure | undefined];
			if (!one) continue;
			if (row.pause) await Bun.sleep(row.pause);
			const value = await one();
			if (round >= 0) samples[name]?.push(value);
		}
	}
	return samples;
}

function verdict(row: Row, peer: string, ours: Samples, theirs: Samples): { text: string; over: boolean } {
	const { median: middle, least, most } = ratio(ours, theirs);
	const figures = `${middle.toFixed(2)} x (${least.toFixed(2)}-${most.toFixed(2)})`.padEnd(24);
	const bound = row.bounds?.[peer];
	const aim = row.aims?.[peer];
	const margin = row.more?.[peer];
	if (margin !== undefined) {
		const more = median(ours) - median(theirs);
		const over = more > margin;
		return {
			text: `${`${more.toFixed(2)} ${row.unit} more`.padEnd(24)}bound ${margin}: ${over ? "OVER" : "ok"}`,
			over,
		};
	}
	if (bound !== undefined) {
		const over = middle > bound;
		return { text: `${figures}bound ${bound}: ${over ? "OVER" : "ok"}`, over };
	}
	if (aim !== undefined) return { text: `${figures}aim ${aim}: ${middle > aim ? "missed" : "met"}`, over: false };
	return { text: figures.trimEnd(), over: false };
}

function limitOf(row: Row, ours: Samples): string {
	if (row.limit === undefined) return "";
	return `bound ${row.limit} ${row.unit}: ${median(ours) > row.limit ? "OVER" : "ok"}`;
}
