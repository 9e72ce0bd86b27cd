/** Which hierarchies there are, from what the kernel says on hosts of every kind. */

import { describe, expect, test } from "bun:test";
import { hierarchiesIn } from "../../src/cgroup/hierarchies.ts";
import { groupsAt, groupWith } from "../../src/cgroup/hierarchy.ts";

const line = (root: string, mount: string, type: "cgroup" | "cgroup2", options: string) =>
	`35 31 0:32 ${root} ${mount} rw,nosuid,relatime shared:9 - ${type} ${type} ${options}`;

const nothing = () => "";

describe("on a host of cgroup v1", () => {
	const mountinfo = [
		"23 28 0:5 / /dev rw - devtmpfs udev rw",
		line("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
		line("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct,xattr"),
		line("/", "/sys/fs/cgroup/systemd", "cgroup", "rw,xattr,release_agent=/lib/agent,name=systemd"),
	].join("\n");
	const cgroups = "4:memory:/user.slice/a:b\n3:cpu,cpuacct:/\n2:pids:/\n1:name=systemd:/init.scope\n";
	const found = hierarchiesIn(mountinfo, cgroups, nothing);
	test("each mounted hierarchy has its controllers, and bunker's own place in it", () =>
		expect(found).toEqual([
			{ version: 1, controllers: ["memory"], mount: "/sys/fs/cgroup/memory", own: "/user.slice/a:b" },
			{ version: 1, controllers: ["cpu", "cpuacct"], mount: "/sys/fs/cgroup/cpu,cpuacct", own: "/" },
			{ version: 1, controllers: [], name: "systemd", mount: "/sys/fs/cgroup/systemd", own: "/init.scope" },
		]));
	test("a controller whose hierarchy is mounted nowhere is missing", () =>
		expect(groupWith(groupsAt(found, "/bunker/c"), "pids")).toBeUndefined());
	test("a container's cgroup is below the root of each hierarchy", () =>
		expect(groupsAt(found, "/bunker/c").map(({ path }) => path)).toEqual([
			"/sys/fs/cgroup/memory/bunker/c",
			"/sys/fs/cgroup/cpu,cpuacct/bunker/c",
			"/sys/fs/cgroup/systemd/bunker/c",
		]));
});

describe("on a hybrid host", () => {
	const mountinfo = [
		line("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
		line("/", "/sys/fs/cgroup/devices", "cgroup", "rw,devices"),
		line("/", "/sys/fs/cgroup/unified", "cgroup2", "rw,nsdelegate"),
	].join("\n");
	const cgroups = "2:devices:/\n1:memory:/\n0::/user.slice\n";
	const groups = groupsAt(
		hierarchiesIn(mountinfo, cgroups, (mount) => (mount.endsWith("unified") ? "hugetlb\n" : "")),
		"/bunker/c",
	);
	test("each controller is where it is", () => {
		expect(groupWith(groups, "memory")?.hierarchy.version).toBe(1);
		expect(groupWith(groups, "hugetlb")?.path).toBe("/sys/fs/cgroup/unified/bunker/c");
		expect(groupWith(groups, "cpu")).toBeUndefined();
	});
	test("devices and the freezer are v1's where v1 has them, and else v2's, which has them built in", () => {
		expect(groupWith(groups, "devices")?.hierarchy.version).toBe(1);
		expect(groupWith(groups, "freezer")?.hierarchy.version).toBe(2);
	});
});

describe("on a host of cgroup v2", () => {
	const found = hierarchiesIn(
		line("/", "/sys/fs/cgroup", "cgroup2", "rw"),
		"0::/user.slice/x.scope\n",
		() => "cpuset cpu io memory pids\n",
	);
	test("there is one hierarchy with all that its root offers", () =>
		expect(found).toEqual([
			{
				version: 2,
				controllers: ["cpuset", "cpu", "io", "memory", "pids"],
				mount: "/sys/fs/cgroup",
				own: "/user.slice/x.scope",
			},
		]));
	test("devices and the freezer are there", () => {
		for (const name of ["devices", "freezer"]) expect(groupWith(groupsAt(found, "/c"), name)).toBeDefined();
	});
});

describe("in a container", () => {
	test("with a private cgroup namespace its own cgroup is the root", () =>
		expect(hierarchiesIn(line("/", "/sys/fs/cgroup", "cgroup2", "rw"), "0::/\n", () => "memory")).toMatchObject([
			{ mount: "/sys/fs/cgroup", own: "/" },
		]));
	test("with the host's namespace a mount may show a part of the hierarchy", () => {
		const mountinfo = line("/docker/abc", "/sys/fs/cgroup/memory", "cgroup", "rw,memory");
		const owns = ["/docker/abc", "/docker/abc/inner", "/docker/abcd"].map(
			(path) => hierarchiesIn(mountinfo, `1:memory:${path}\n`, nothing)[0]?.own,
		);
		expect(owns).toEqual(["/", "/inner", "/"]);
	});
	test("of two mounts the one that shows all is taken", () => {
		const mountinfo = [
			line("/docker/abc", "/elsewhere", "cgroup", "rw,memory"),
			line("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
		].join("\n");
		expect(hierarchiesIn(mountinfo, "1:memory:/\n", nothing)).toMatchObject([{ mount: "/sys/fs/cgroup/memory" }]);
	});
	test("a v2 mount that begins outside of the cgroup namespace is none, one of v1 can be used", () => {
		const mountinfo = [line("/../..", "/sys/fs/cgroup", "cgroup2", "rw"), line("/..", "/v1", "cgroup", "rw,pids")].join(
			"\n",
		);
		expect(hierarchiesIn(mountinfo, "1:pids:/\n0::/\n", nothing)).toMatchObject([{ mount: "/v1" }]);
	});
	test("without any mount there is none", () => expect(hierarchiesIn("", "0::/\n", nothing)).toEqual([]));
	test("a mount point with a space in its name is found", () =>
		expect(hierarchiesIn(line("/", "/mnt/a\\040b", "cgroup2", "rw"), "0::/\n", nothing)).toMatchObject([
			{ mount: "/mnt/a b" },
		]));
});
