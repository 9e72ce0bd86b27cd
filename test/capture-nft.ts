/**
 * Writes test/unit/golden/{firewall,names}-*.txt: the messages that Debian's nft sends
 * for the rulesets beside them, a line each: type, flags, body; and conntrack.txt,
 * what conntrack sends to forget a conversation. Once, by hand: `bun
 * test/capture-nft.ts`, with nft, conntrack and strace; nothing of the host is touched.
 */

import { readFileSync, writeFileSync } from "node:fs";

const GOLDEN = "test/unit/golden";
const TRACE = "build/nft.trace";

/** The rulesets, and what has to be there before. */
const RULESETS = [
	{ name: "firewall-table", before: "/dev/null" },
	{ name: "firewall-elements", before: `${GOLDEN}/firewall-table.nft` },
	{ name: "firewall-docker", before: `${GOLDEN}/firewall-docker-before.nft` },
	{ name: "names-redirect", before: "/dev/null" },
];

/** What `strace -e write=FD` prints: hexadecimal dumps of all that was sent there. */
function sent(trace: string): Uint8Array {
	const lines = [...trace.matchAll(/^ \| [0-9a-f]+ {2}((?:[0-9a-f]{2} +)+)/gm)];
	return Uint8Array.fromHex(lines.map((match) => (match[1] as string).replaceAll(" ", "")).join(""));
}

function messages(bytes: Uint8Array): string[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const lines: string[] = [];
	for (let at = 0; at < bytes.length; at += (view.getUint32(at, true) + 3) & ~3) {
		const [size, type, flags] = [view.getUint32(at, true), view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
		const body = bytes.subarray(at + 16, at + size).toHex();
		lines.push(`${type.toString(16)} ${flags.toString(16)} ${body}`);
	}
	return lines;
}

function capture(name: string, script: string, from: string): void {
	const { stdout, stderr, exitCode } = Bun.spawnSync(["unshare", "--net", "sh", "-c", script, TRACE]);
	if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
	const head = `# what ${from}: type, flags, body (test/capture-nft.ts)`;
	writeFileSync(`${GOLDEN}/${name}.txt`, `${[head, ...messages(sent(stdout.toString()))].join("\n")}\n`);
	console.log(name, readFileSync(`${GOLDEN}/${name}.txt`, "utf8").split("\n").length);
}

const versionOf = (program: string) => Bun.spawnSync([program, "--version"]).stdout.toString().trim();

for (const { name, before } of RULESETS) {
	const script = `nft -f ${before} && strace -qq -e trace=sendmsg -e write=3 -o "$0" nft -f ${GOLDEN}/${name}.nft && cat "$0"`;
	capture(name, script, `${versionOf("nft")} sends for ${name}.nft`);
}

/** A datagram from 127.0.0.1:40000 to 127.0.0.1:5300, and who sent it is forgotten. */
const DATAGRAM =
	"import dgram from 'node:dgram'; const s = dgram.createSocket('udp4'); s.bind(40000, () => s.send('x', 5300, '127.0.0.1', () => s.close()))";
const FORGET = "conntrack -D -p udp --orig-src 127.0.0.1 --orig-port-dst 5300";
capture(
	"conntrack",
	`ip link set lo up && nft 'table ip t { chain o { type filter hook output priority 0; ct state new counter; }; }' &&
	${process.execPath} -e "${DATAGRAM}" && strace -qq -e trace=sendto -e write=3,4 -o "$0" ${FORGET} >/dev/null && cat "$0"`,
	`${versionOf("conntrack")} sends for ${FORGET}`,
);
