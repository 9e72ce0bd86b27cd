import { describe, expect, test } from "bun:test";
import type { RunOptions } from "../../src/container/options.ts";
import { defaultLog } from "../../src/container/options.ts";
import { buildSpec, mergeVariables } from "../../src/container/spec.ts";

const FACTS = { id: "0123456789abcdef".repeat(4), runDirectory: "/run/containers/x", hostHostname: "host" };

function options(change: Partial<RunOptions> = {}): RunOptions {
	return {
		image: "busybox",
		command: [],
		env: [],
		interactive: false,
		tty: false,
		detach: false,
		remove: false,
		init: false,
		readOnly: false,
		network: "none",
		volumes: [],
		log: defaultLog,
		...change,
	};
}

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

test("volumes come parents first, whatever their order on the line", () => {
	const volume = (target: string) => ({ source: "/s", target, readOnly: false });
	const { mounts } = spec({ command: ["x"], volumes: [volume("/a/b/c"), volume("/a")] });
	expect(mounts.slice(-2).map((mount) => mount.destination)).toEqual(["/a", "/a/b/c"]);
});
