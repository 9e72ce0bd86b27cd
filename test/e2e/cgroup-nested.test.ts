/**
 * bunker where it does not see the host's cgroups: in a namespace of its own, as
 * in a container, where they are read-only, where there are none, and where one
 * controller is not handed down. Without limits a container runs everywhere; a
 * limit that cannot be had is an error that names its controller.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, type Outcome, ours, ready, useEngine } from "./harness.ts";
import { Program } from "./program.ts";

interface Hierarchy {
	mount: string;
	type: "cgroup" | "cgroup2";
	/** `memory`, `name=systemd`; nothing for v2 */
	option: string;
}

/** The hierarchies of this machine, as mountinfo has them (proc_pid_mountinfo(5)). */
const hierarchies = readFileSync("/proc/self/mountinfo", "utf8")
	.split("\n")
	.flatMap((line): Hierarchy[] => {
		const [, mount = "", type, options = ""] = /^\S+ \S+ \S+ \/ (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line) ?? [];
		if (type === "cgroup2") return [{ mount, type, option: "" }];
		const option = options.split(",").filter((word) => !/^(rw|xattr|clone_children|release_agent=.*)$/.test(word));
		return type === "cgroup" ? [{ mount, type, option: option.join(",") }] : [];
	});
const unified = hierarchies.find(({ type, mount }) => type === "cgroup2" && offers(mount, "memory"));

function offers(mount: string, controller: string): boolean {
	return readFileSync(`${mount}/cgroup.controllers`, "utf8").split(/\s+/).includes(controller);
}

/** In a cgroup namespace a new mount shows what is below its root (cgroup_namespaces(7)). */
const remounted = ({ mount, type, option }: Hierarchy) =>
	`umount ${mount} && mount -t ${type} ${option && `-o ${option}`} cgroup ${mount}`;
const OWN = hierarchies.map(remounted).join("\n");
const READ_ONLY = hierarchies.map(({ mount }) => `mount -o remount,bind,ro ${mount}`).join("\n");

const nests: string[] = [];

/**
 * Makes a cgroup in each hierarchy.
 * @param handedDown what v2 gives to it of its controllers
 */
function makeNest(handedDown: readonly string[]): string[] {
	const name = `bunker-e2e-${process.pid}-${nests.length}`;
	nests.push(name);
	return hierarchies.map(({ mount, type, option }) => {
		const [outer, inner] = [`${mount}/${name}`, `${mount}/${name}/nest`];
		mkdirSync(inner, { recursive: true });
		for (const directory of [outer, inner])
			if (option.split(",").includes("cpuset"))
				for (const file of ["cpuset.cpus", "cpuset.mems"])
					writeFileSync(`${directory}/${file}`, readFileSync(`${mount}/${file}`));
		if (type === "cgroup2")
			for (const controller of handedDown.filter((one) => offers(mount, one)))
				for (const directory of [mount, outer]) writeFileSync(`${directory}/cgroup.subtree_control`, `+${controller}`);
		return inner;
	});
}

describe.skipIf(!ready || !requires("unshare") || hierarchies.length === 0)("bunker in a cgroup namespace", () => {
	const engine = useEngine("nested");

	afterAll(() => {
		for (const name of nests)
			Bun.spawnSync([
				"find",
				"/sys/fs/cgroup",
				"-depth",
				"-type",
				"d",
				"-path",
				`*/${name}*`,
				"-exec",
				"rmdir",
				"{}",
				"+",
			]);
	});

	/** Runs a shell with `bunker` in a nest, in namespaces (cgroup, mount) that `setup` has prepared. */
	async function inside(setup: string, script: string, handedDown = ["cpu", "memory", "pids"]): Promise<Outcome> {
		const join =
			'for nest; do echo 0 > "$nest/cgroup.procs" || exit; done; exec unshare --cgroup --mount sh -ec "$WITHIN"';
		const PATH = `${engine.directory}/bin:${engine.environment.PATH}`;
		const program = new Program(["sh", "-c", join, "sh", ...makeNest(handedDown)], {
			env: { ...engine.environment, PATH, WITHIN: `${setup}\n${script}` },
			stdin: "pipe",
		});
		await program.feed("");
		const code = await program.ended(60_000);
		return { code, stdout: program.stdout, stderr: program.stderr, bytes: program.bytes };
	}

	/** The limits as the container's own cgroup has them, on either version. */
	const LIMITS =
		"cd /sys/fs/cgroup; cat memory.max pids.max 2>/dev/null || cat memory/memory.limit_in_bytes pids/pids.max";
	const LIFE = `
		bunker run -d --name life ${IMAGE} sleep 1000 >/dev/null
		bunker exec life echo entered
		bunker rm -f life
		bunker run --rm ${IMAGE} echo ran`;
	const lived = { code: 0, stderr: "", stdout: "entered\nlife\nran\n" };
	const refused = async (setup: string, handedDown?: string[]) => {
		const { code, stdout, stderr } = await inside(setup, `bunker run --rm --memory 64m ${IMAGE} echo ran`, handedDown);
		expect([code, stdout]).toEqual([125, ""]);
		expect(stderr).toMatch(/^bunker: [^\n]*\bmemory\b[^\n]*\n$/);
		expect(stderr).not.toContain("unknown flag");
	};

	test("of its own, a container runs, is entered and goes", async () => {
		expect(await inside(OWN, LIFE)).toMatchObject(lived);
	});

	ours("of its own, a container's cgroup is below bunker's, and nothing of it is left", async () => {
		const script = `
			id=$(bunker run -d ${IMAGE} sleep 1000)
			sed 's/^[^:]*://' /proc/$(bunker inspect -f '{{.State.Pid}}' $id)/cgroup
			bunker rm -f $id >/dev/null
			find /sys/fs/cgroup -name $id
			echo $id`;
		const { stdout, stderr } = await inside(OWN, script);
		expect(stderr).toBe("");
		const lines = stdout.trim().split("\n");
		const id = lines.pop();
		const places = lines.filter((line) => !line.endsWith(":/")).map((line) => line.replace(/^.*:/, ""));
		expect(new Set(places)).toEqual(new Set([`/bunker/${id}`]));
	});

	ours("of its own, a container has its limits", async () => {
		const outcome = await inside(OWN, `bunker run --rm --memory 64m --pids-limit 20 ${IMAGE} sh -c '${LIMITS}'`);
		expect(outcome).toMatchObject({ code: 0, stderr: "", stdout: "67108864\n20\n" });
	});

	ours("with mounts of the host's, a container runs, is entered and goes", async () => {
		expect(await inside("", LIFE)).toMatchObject(lived);
	});

	ours.skipIf(!unified)("with mounts of the host's v2, a limit is an error (125) that names the controller", () =>
		refused(""),
	);

	ours("where cgroups are read-only, a container runs, is entered and goes", async () => {
		expect(await inside(`${OWN}\n${READ_ONLY}`, LIFE)).toMatchObject(lived);
	});

	ours("where cgroups are read-only, a limit is an error (125) that names the controller", () =>
		refused(`${OWN}\n${READ_ONLY}`),
	);

	ours("where no cgroups are mounted, a container runs, is entered and goes", async () => {
		expect(await inside("umount -R /sys/fs/cgroup", LIFE)).toMatchObject(lived);
	});

	ours("where no cgroups are mounted, a limit is an error (125) that names the controller", () =>
		refused("umount -R /sys/fs/cgroup"),
	);

	describe("without the memory controller", () => {
		const memory = hierarchies.find(({ option }) => option.split(",").includes("memory"));
		const setup = memory ? `${OWN}\numount ${memory.mount}` : OWN;

		ours("a container runs with the limits that can be had", async () => {
			const script = `bunker run --rm --pids-limit 20 ${IMAGE} sh -c 'cd /sys/fs/cgroup; cat pids.max 2>/dev/null || cat pids/pids.max'`;
			expect(await inside(setup, script, ["pids"])).toMatchObject({ code: 0, stderr: "", stdout: "20\n" });
		});

		ours("a limit of it is an error (125) that names it", () => refused(setup, ["pids"]));
	});
});
