/**
 * What a test needs of the machine. A skip is a decision: with BUNKER_MUST_RUN
 * set, as in CI, a need that the machine could meet and does not is an error.
 * BUNKER_WITHOUT names those that this machine is not meant to meet (test/vm).
 */

import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { mountsQuotas } from "./e2e/quota-disk.ts";

const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
const TMPFS_MAGIC = 0x01021994;
const without = (process.env.BUNKER_WITHOUT ?? "").split(" ");

interface Probe {
	holds: () => boolean;
	/** how to get it; without it the need is a property of the machine, which no one can install */
	remedy?: string;
}

function program(name: string, debianPackage = name): Probe {
	return { holds: () => Bun.which(name) !== null, remedy: `apt-get install ${debianPackage}` };
}

const PROBES = {
	root: { holds: () => process.getuid?.() === 0, remedy: "run as root" },
	/** build/ can hold the upper directory of an overlay with trusted.* attributes */
	overlay: { holds: buildTakesOverlay, remedy: "put the checkout on ext4, xfs or btrfs" },
	binary: { holds: () => exists(process.env.BUNKER_BINARY || "dist/bunker"), remedy: "run make" },
	busybox: program("busybox", "busybox-static"),
	podman: program("podman"),
	/** what makes podman's networks */
	netavark: { holds: () => exists("/usr/lib/podman/netavark"), remedy: "apt-get install netavark iptables" },
	skopeo: program("skopeo"),
	runc: program("runc"),
	crun: program("crun"),
	bwrap: program("bwrap", "bubblewrap"),
	tmux: program("tmux"),
	bash: program("bash"),
	zsh: program("zsh"),
	fish: program("fish"),
	strace: program("strace"),
	zstd: program("zstd"),
	xz: program("xz", "xz-utils"),
	setfattr: program("setfattr", "attr"),
	setpriv: program("setpriv", "util-linux"),
	tar: program("tar"),
	/** the commit before this one, to be built */
	history: { holds: () => Bun.spawnSync(["git", "rev-parse", "-q", "--verify", "HEAD~1"]).exitCode === 0 },
	unshare: program("unshare", "util-linux"),
	losetup: { holds: () => existsSync("/dev/loop-control") && Bun.which("losetup") !== null },
	"mkfs.ext4": program("mkfs.ext4", "e2fsprogs"),
	ip: program("ip", "iproute2"),
	/** interfaces of that kind, built in or as a module */
	macvlan: { holds: () => makes("macvlan") },
	ipvlan: { holds: () => makes("ipvlan") },
	vlan: { holds: () => makes("vlan id 5") },
	dummy: { holds: () => makes("dummy") },
	perl: program("perl", "perl-base"),
	/** the protocol, built in or as a module */
	sctp: { holds: () => Bun.which("perl") !== null && hasSctp() },
	curl: program("curl"),
	iperf3: program("iperf3"),
	/** a network of the tests' own, and what joins another to it (test/e2e/outside.ts) */
	outside: {
		holds: () => Boolean(process.env.BUNKER_OWN_NETWORK) && Bun.which("ip") !== null && Bun.which("nsenter") !== null,
		remedy: "sh test/own-network.sh …; apt-get install iproute2",
	},
	nft: program("nft", "nftables"),
	dig: program("dig", "bind9-dnsutils"),
	/** ext4 that counts and limits projects: CONFIG_QFMT_V2 */
	projectQuotas: { holds: mountsQuotas },
	/** file systems whose server is a program (/dev/fuse) */
	fuse: { holds: () => existsSync("/dev/fuse") },
	/** a cgroup2 hierarchy with the memory controller */
	cgroup2: { holds: () => contains("/sys/fs/cgroup/cgroup.controllers", "memory") },
	/** any cgroup v1 controller */
	cgroup1: { holds: () => /^\S+ \S+ cgroup /m.test(readFileSync("/proc/self/mounts", "utf8")) },
} satisfies Record<string, Probe>;

export type Need = keyof typeof PROBES;

/**
 * True if the machine has all of these: `describe.skipIf(!requires("root"))`.
 * @throws Error with BUNKER_MUST_RUN set, if one is missing that could be had
 */
export function requires(...needs: Need[]): boolean {
	const missing = needs.filter((need) => !PROBES[need].holds());
	const attainable = missing.filter((need) => "remedy" in PROBES[need] && !without.includes(need));
	if (process.env.BUNKER_MUST_RUN && attainable.length > 0)
		throw new Error(`BUNKER_MUST_RUN is set, but there is no ${attainable.map(withRemedy).join(", no ")}`);
	return missing.length === 0;
}

function withRemedy(need: Need): string {
	const probe: Probe = PROBES[need];
	return `${need} (${probe.remedy})`;
}

/** Tried in a network namespace of its own. */
function makes(kind: string): boolean {
	const script = `ip link add name br0 type bridge && ip link add link br0 name one0 type ${kind}`;
	return Bun.spawnSync(["unshare", "--net", "sh", "-c", script], { stderr: "ignore" }).exitCode === 0;
}

function hasSctp(): boolean {
	const script = "socket(S, PF_INET, SOCK_STREAM, 132) or exit 1";
	return Bun.spawnSync(["perl", "-MSocket", "-e", script]).exitCode === 0;
}

function exists(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

function contains(path: string, word: string): boolean {
	try {
		return readFileSync(path, "utf8").split(/\s+/).includes(word);
	} catch {
		return false;
	}
}

// An overlay cannot be the upper of another, and tmpfs takes no trusted.* of ours on old kernels.
function buildTakesOverlay(): boolean {
	mkdirSync("build", { recursive: true });
	const { type } = statfsSync("build");
	return type !== OVERLAYFS_SUPER_MAGIC && type !== TMPFS_MAGIC;
}
