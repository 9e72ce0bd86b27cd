import { describe, expect, test } from "bun:test";
import type { RunOptions } from "../../src/container/options.ts";
import { mergeVariables } from "../../src/container/program.ts";
import { buildSpec } from "../../src/container/spec.ts";
import { runOptions as options } from "./run-options.ts";

const FACTS = {
	id: "0123456789abcdef".repeat(4),
	content: (volume: string) => ({ path: `/volumes/${volume}/_data` }),
	runDirectory: "/run/containers/x",
	hostHostname: "host",
	controlsDevices: true,
	capabilities: () => ["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN"],
	devices: () => [{ path: "/dev/kvm", type: "c" as const, major: 10, minor: 232, fileMode: 0o660, uid: 0, gid: 0 }],
};

const spec = (change: Partial<RunOptions>, image = {}) => buildSpec(options(change), image, FACTS);

describe("the command", () => {
	const image = { Entrypoint: ["/entry"], Cmd: ["default"] };
	test("is the image's entrypoint and command", () =>
		expect(spec({}, image).process.args).toEqual(["/entry", "default"]));
	test("given on the line replaces the image's", () =>
		expect(spec({ command: ["x"] }, image).process.args).toEqual(["/entry", "x"]));
	test("of the image goes with --entrypoint", () =>
		expect(spec({ entrypoint: ["/other"] }, image).process.args).toEqual(["/other"]));
	test("without an entrypoint, by --entrypoint '', is what stands on the line", () =>
		expect(spec({ entrypoint: [], command: ["true"] }, image).process.args).toEqual(["true"]));
	test("is missing: said, with 125", () => expect(() => spec({})).toThrow("no command specified"));
});

describe("the environment", () => {
	test("has PATH and HOSTNAME, TERM with a terminal", () => {
		const [path, hostname, term] = spec({ command: ["x"], tty: true }).process.env;
		expect(path).toBe("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
		expect(hostname).toBe("HOSTNAME=0123456789ab");
		expect(term).toBe("TERM=xterm");
	});
	test("is the image's, then the user's, a later one of a name replacing", () =>
		expect(mergeVariables(["A=1", "B=1"], ["B=2", "C=2"], ["C=3", "D=a=b"])).toEqual(["A=1", "B=2", "C=3", "D=a=b"]));
});

test("the host's network is not a namespace, and brings the host's name", () => {
	const host = spec({ command: ["x"], network: "host" });
	expect(host.linux.namespaces.map((namespace) => namespace.type)).not.toContain("network");
	expect(host.hostname).toBe("host");
	expect(host.linux.sysctl).toEqual({});
});

describe("capabilities", () => {
	const given = (change: Partial<RunOptions>) => spec({ command: ["x"], ...change }).process.capabilities;
	test.each<[string, Partial<RunOptions>, string[]]>([
		[
			"are added to the fourteen",
			{ capDrop: ["all"], capAdd: ["net_admin", "CAP_KILL"] },
			["CAP_NET_ADMIN", "CAP_KILL"],
		],
		["ALL are those that bunker has", { capAdd: ["ALL"] }, ["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN"]],
		["ALL but some", { capAdd: ["ALL"], capDrop: ["KILL"] }, ["CAP_CHOWN", "CAP_NET_ADMIN"]],
		["none", { capDrop: ["ALL"] }, []],
		["of --privileged are all, whatever is dropped", { privileged: true, capDrop: ["ALL"] }, FACTS.capabilities()],
	])("%s", (_, change, names) => {
		expect(given(change)).toEqual({ bounding: names, effective: names, permitted: names, inheritable: [] });
	});
	test("of the fourteen one can be dropped", () => {
		expect(given({ capDrop: ["mknod"] }).bounding).toHaveLength(13);
		expect(given({}).bounding).toHaveLength(14);
	});
	test("that bunker does not have cannot be given: said, with 125", () => {
		expect(() => given({ capAdd: ["SYS_TIME"], capDrop: ["ALL"] })).toThrow("CAP_SYS_TIME: bunker does not have it");
	});
});

test("only --privileged gets the host's devices, hidden paths and a writable /sys", () => {
	const optionsOf = ({ mounts }: ReturnType<typeof spec>, path: string) =>
		mounts.find((mount) => mount.destination === path)?.options;
	const plain = spec({ command: ["x"], capAdd: ["ALL"] });
	expect(plain.linux.devices.map(({ path }) => path)).toEqual(
		["null", "zero", "full", "random", "urandom", "tty"].map((name) => `/dev/${name}`),
	);
	expect(plain.linux.maskedPaths).toContain("/proc/kcore");
	expect(plain.linux.readonlyPaths).toContain("/proc/sys");
	expect(optionsOf(plain, "/sys/fs/cgroup")).toContain("ro");
	const privileged = spec({ command: ["x"], privileged: true });
	expect(privileged.linux).toMatchObject({ devices: FACTS.devices(), maskedPaths: [], readonlyPaths: [] });
	for (const path of ["/sys", "/sys/fs/cgroup"]) expect(optionsOf(privileged, path)).not.toContain("ro");
});

test("without a device controller no node can be opened, and the default ones are the host's", () => {
	const bound = buildSpec(options({ command: ["x"] }), {}, { ...FACTS, controlsDevices: false });
	expect(bound.linux.devices).toEqual([]);
	expect(bound.annotations["bunker.devices"]).toBe("bound");
	expect(bound.mounts.find((mount) => mount.destination === "/dev")?.options).toContain("nodev");
});

test("annotations of the user's do not change what bunker reads", () => {
	const { annotations } = spec({ command: ["x"], annotations: { "bunker.devices": "bound", "org.example": "a" } });
	expect(annotations).toMatchObject({ "bunker.devices": "nodes", "org.example": "a" });
});

test("volumes come parents first, whatever their order on the line, and the files of /etc among them", () => {
	const volume = (target: string) => ({ source: "/s", target, readOnly: false });
	const { mounts } = spec({ command: ["x"], volumes: [volume("/a/b/c"), volume("/a"), volume("/etc")] });
	const own = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"];
	expect(mounts.slice(-6).map((mount) => mount.destination)).toEqual(["/a", "/etc", ...own, "/a/b/c"]);
});
