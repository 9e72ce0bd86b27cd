/** Flags of run and create that set something in the container: each is seen from inside. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

// Where it says `ours`, podman: sets limits of its own that a VM refuses, has other tmpfs options, no domain name.
describe.skipIf(!ready)("flags of run", () => {
	const engine = useEngine("flags");
	const inside = async (flags: string[], script: string) => {
		const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "sh", "-c", script);
		return `${outcome.stdout}${outcome.stderr}`.trimEnd();
	};
	const refused = async (...flags: string[]) => {
		const outcome = await engine.run("run", "--rm", ...flags, IMAGE, "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stdout).toBe("");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
		return outcome.stderr.split("\n")[0] ?? "";
	};

	describe("--ulimit", () => {
		ours("sets soft and hard limits", async () => {
			expect(await inside(["--ulimit", "nofile=100:200"], "ulimit -Sn; ulimit -Hn")).toBe("100\n200");
			expect(await inside(["--ulimit", "nofile=100"], "ulimit -Sn; ulimit -Hn")).toBe("100\n100");
			expect(await inside(["--ulimit", "core=-1"], "ulimit -c")).toBe("unlimited");
			expect(await inside(["--ulimit", "nofile=100", "--ulimit", "nofile=150"], "ulimit -n")).toBe("150");
		});

		ours("holds for exec and for other users", async () => {
			await engine.ok("run", "-d", "--name", "web", "-u", "1000", "--ulimit", "nofile=100", IMAGE, "sleep", "1000");
			expect(await engine.ok("exec", "web", "sh", "-c", "ulimit -n")).toBe("100");
			await engine.removeAll();
		});

		ours("that is wrong is refused", async () => {
			expect(await refused("--ulimit", "nosuch=1")).toContain("invalid ulimit type: nosuch");
			expect(await refused("--ulimit", "nofile=2:1")).toContain(
				"soft limit must be less than or equal to hard limit: 2 > 1",
			);
			expect(await refused("--ulimit", "nofile=-1:1")).toContain("soft limit must be less than or equal to hard limit");
			expect(await refused("--ulimit", "nofile=many")).toContain("NAME=SOFT[:HARD] is expected");
			expect(await refused("--ulimit", "nofile")).toContain("--ulimit nofile: NAME=SOFT[:HARD] is expected");
		});

		ours("above what the kernel allows says so", async () => {
			const most = Number(readFileSync("/proc/sys/fs/nr_open", "utf8")) + 1;
			const line = await refused("--ulimit", `nofile=${most}`);
			expect(line).toMatch(/limit nofile to \d+, hard \d+: EPERM \(operation not permitted\): to raise a hard limit/);
		});
	});

	describe("--oom-score-adj", () => {
		ours("is the program's, and exec's", async () => {
			await engine.ok("run", "-d", "--name", "web", "--oom-score-adj", "500", IMAGE, "sleep", "1000");
			for (const pid of ["1", "self"])
				expect(await engine.ok("exec", "web", "cat", `/proc/${pid}/oom_score_adj`)).toBe("500");
			await engine.removeAll();
		});

		ours("out of range is refused", async () => {
			expect(await refused("--oom-score-adj", "1001")).toContain("range for oom score adj is [-1000, 1000]");
		});
	});

	describe("--shm-size", () => {
		test("is the size of /dev/shm, in powers of 1024", async () => {
			expect(await inside(["--shm-size", "1m"], "grep /dev/shm /proc/mounts")).toContain("size=1024k");
			expect(await inside(["--shm-size", "2097152"], "grep /dev/shm /proc/mounts")).toContain("size=2048k");
		});
		ours("that is no size is refused", async () => {
			expect(await refused("--shm-size", "big")).toContain("--shm-size big: a size as 64m or 1g is expected");
		});
	});

	describe("--tmpfs", () => {
		ours("mounts a file system in memory: noexec, nosuid, nodev, all may write", async () => {
			const out = await inside(["--tmpfs", "/data/deep"], "grep ' /data/deep ' /proc/mounts; stat -c %a /data/deep");
			expect(out).toMatch(/^tmpfs \/data\/deep tmpfs rw,nosuid,nodev,noexec,relatime.*\n1777$/);
		});

		ours("takes options over these", async () => {
			const out = await inside(
				["--tmpfs", "/data:size=1m,mode=700,exec,uid=5"],
				"grep /data /proc/mounts; stat -c '%a %u' /data",
			);
			expect(out).toMatch(/^tmpfs \/data tmpfs rw,nosuid,nodev,relatime,size=1024k,mode=700,uid=5.*\n700 5$/);
		});

		test("and volumes within each other come in the right order", async () => {
			const directory = engine.scratch();
			const flags = ["-v", `${directory}:/a/b`, "--tmpfs", "/a", "--tmpfs", "/a/b/c"];
			expect(await inside(flags, "touch /a/x /a/b/y /a/b/c/z; ls /a /a/b/c; ls /a/b")).toBe(
				"/a:\nb\nx\n\n/a/b/c:\nz\nc\ny",
			);
			expect(Array.from(new Bun.Glob("*").scanSync({ cwd: directory }))).toEqual(["y"]);
		});

		ours("where nothing may be mounted, or with unknown options, is refused", async () => {
			expect(await refused("--tmpfs", "data")).toContain("the path in the container must be absolute");
			expect(await refused("--tmpfs", "/")).toContain("--tmpfs /: nothing can be mounted there");
			expect(await refused("--tmpfs", "/proc/sys")).toContain("nothing can be mounted there");
			expect(await refused("--tmpfs", "/data:nosuch")).toContain('invalid tmpfs option "nosuch"');
			expect(await refused("--tmpfs", "/data:lowerdir=/")).toContain('invalid tmpfs option "lowerdir=/"');
			expect(await refused("--tmpfs", "/data", "-v", "/tmp:/data")).toContain("Duplicate mount point: /data");
		});

		test("with dev takes nodes, of the devices that the container may use", async () => {
			const script = "mknod /data/zero c 1 5; head -c 1 /data/zero | od -An -tx1";
			expect(await inside(["--tmpfs", "/data:dev"], script)).toContain("00");
			expect(await inside(["--tmpfs", "/data"], script)).toContain("Permission denied");
			const kmsg = "mknod /data/kmsg c 1 11; true < /data/kmsg";
			expect(await inside(["--tmpfs", "/data:dev", "--cap-add", "SYSLOG"], kmsg)).toContain("Operation not permitted");
		});
	});

	describe("--sysctl", () => {
		test("sets a parameter of the container's own namespaces", async () => {
			const flags = ["--sysctl", "net.core.somaxconn=1234", "--sysctl", "kernel.msgmax=4096"];
			expect(await inside(flags, "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax")).toBe("1234\n4096");
			expect(readFileSync("/proc/sys/net/core/somaxconn", "utf8").trim()).not.toBe("1234");
		});

		ours("of the whole host is refused, by whatever name", async () => {
			for (const name of [
				"kernel.core_pattern",
				"vm.swappiness",
				"kernel.hostname",
				"net",
				"kernel.shmmax.x",
				"fs.file-max",
			])
				expect(await refused("--sysctl", `${name}=1`)).toContain(`sysctl '${name}=1' is not allowed`);
			expect(await refused("--sysctl", "net./../../kernel/core_pattern=x")).toContain("ENOENT");
			expect(await refused("--sysctl", "net.core.somaxconn")).toContain("NAME=VALUE is expected");
		});

		ours("of a namespace that is the host's is refused", async () => {
			expect(await refused("--sysctl", "net.core.somaxconn=1", "--network", "host")).toContain(
				"host's network namespace",
			);
			expect(await refused("--sysctl", "kernel.msgmax=1", "--ipc", "host")).toContain("host's IPC namespace");
		});

		ours("that the kernel does not have names it", async () => {
			expect(await refused("--sysctl", "net.nosuch=1")).toContain("open /proc/sys/net/nosuch: ENOENT");
		});
	});

	describe("names", () => {
		ours("--domainname is the kernel's", async () => {
			expect(await inside(["--domainname", "example"], "cat /proc/sys/kernel/domainname")).toBe("example");
		});

		test("--add-host adds lines to /etc/hosts, with either separator", async () => {
			const flags = [
				"--add-host",
				"one:10.0.0.1",
				"--add-host",
				"two:::1",
				...(process.env.TARGET === "podman" ? [] : ["--add-host", "three=[fe80::2]"]),
			];
			const hosts = (await inside(flags, "cat /etc/hosts")).split("\n").map((line) => line.split(/\s+/).join(" "));
			for (const line of ["127.0.0.1 localhost", "10.0.0.1 one", "::1 two"])
				expect(hosts.join("\n")).toContain(line.split(" ")[0] as string);
			expect(hosts).toContain("10.0.0.1 one");
			expect(hosts).toContain("::1 two");
		});

		ours("--add-host that is wrong is docker's error", async () => {
			expect(await refused("--add-host", "one")).toContain('bad format for add-host: "one"');
			expect(await refused("--add-host", ":1.2.3.4")).toContain("bad format for add-host");
			expect(await refused("--add-host", "one:1.2.3")).toContain('invalid IP address in add-host: "1.2.3"');
			expect(await refused("--add-host", "one:1.2.3.256")).toContain("invalid IP address");
		});
	});

	describe("stopping", () => {
		const script =
			"trap 'echo usr1; exit 3' USR1; trap 'echo term; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
		const started = async (...flags: string[]) => {
			await engine.ok("run", "-d", "--name", "web", ...flags, IMAGE, "sh", "-c", script);
			while (!(await engine.ok("logs", "web")).includes("ready")) await Bun.sleep(10);
		};
		const ended = async () => {
			const code = await engine.ok("wait", "web");
			await engine.removeAll();
			return code;
		};

		ours("--stop-signal is what stop sends", async () => {
			await started("--stop-signal", "SIGUSR1");
			await engine.ok("stop", "web");
			expect(await ended()).toBe("3");
		});

		ours("stop -s wins over it", async () => {
			await started("--stop-signal", "USR1");
			await engine.ok("stop", "-s", "TERM", "web");
			expect(await ended()).toBe("4");
		});

		ours("--stop-timeout is how long stop waits; 0 kills at once", async () => {
			await engine.ok("run", "-d", "--name", "web", "--stop-timeout", "0", IMAGE, "sleep", "1000");
			await engine.ok("stop", "web", { timeout: 8000 });
			expect(await ended()).toBe("137");
		});

		ours("an unknown signal is refused: 125 of run, 1 of stop", async () => {
			expect(await refused("--stop-signal", "NOSUCH")).toContain("invalid signal: NOSUCH");
			await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
			const outcome = await engine.run("stop", "-s", "NOSUCH", "web");
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toContain("invalid signal: NOSUCH");
			await engine.removeAll();
		});
	});

	describe("what there is one of", () => {
		ours("--pull missing and never use what is here; always needs registries", async () => {
			for (const pull of ["missing", "never"]) expect(await inside(["--pull", pull, "-q"], "echo ok")).toBe("ok");
			expect(await refused("--pull", "always")).toContain(
				"--pull=always is not supported yet (registries: pull, push)",
			);
			expect(await refused("--pull", "often")).toContain(
				`invalid pull option: 'often': must be one of "always", "missing" or "never"`,
			);
		});

		ours("--platform is this machine's, or refused", async () => {
			const [here, there] = process.arch === "x64" ? ["amd64", "arm64"] : ["arm64", "amd64"];
			for (const platform of [`linux/${here}`, here, "linux"])
				expect(await inside(["--platform", platform ?? ""], "echo ok")).toBe("ok");
			for (const platform of [`linux/${there}`, `windows/${here}`, "linux/nosuch"])
				expect(await refused("--platform", platform)).toContain(
					`--platform ${platform} is not supported: this machine is linux/${here}`,
				);
		});

		ours("--runtime is bunker, or refused", async () => {
			expect(await inside(["--runtime", "bunker"], "echo ok")).toBe("ok");
			expect(await refused("--runtime", "runc")).toContain("unknown or invalid runtime name: runc");
		});

		ours("--gpus says what there is not", async () => {
			expect(await refused("--gpus", "all")).toMatch(/--gpus all: (this host has no GPU|not supported yet)/);
		});

		ours("--expose takes ports and ranges", async () => {
			expect(await inside(["--expose", "80", "--expose", "8000-8010/udp"], "echo ok")).toBe("ok");
			expect(await refused("--expose", "80:80")).toContain("invalid port format for --expose: 80:80");
			for (const wrong of ["x", "90-80", "65536"])
				expect(await refused("--expose", wrong)).toContain(`invalid range format for --expose: ${wrong}`);
			expect(await refused("--expose", "80/nosuch")).toContain("invalid proto: nosuch");
		});
	});

	describe("the configuration's defaults", () => {
		const withConfig = (content: object) => {
			const home = engine.scratch();
			mkdirSync(`${home}/bunker`);
			writeFileSync(`${home}/bunker/config.json`, JSON.stringify(content), { mode: 0o600 });
			return { env: { XDG_CONFIG_HOME: home } };
		};

		ours("default-ulimits hold where no --ulimit of the name is given", async () => {
			const options = withConfig({ "default-ulimits": { nofile: "100:200", core: "0" } });
			const limits = ["sh", "-c", "ulimit -n; ulimit -c"];
			expect(await engine.ok("run", "--rm", IMAGE, ...limits, options)).toBe("100\n0");
			expect(await engine.ok("run", "--rm", "--ulimit", "nofile=150", IMAGE, ...limits, options)).toBe("150\n0");
		});

		ours("log-driver and log-opts hold where no --log-driver is given", async () => {
			const options = withConfig({ "log-driver": "json-file", "log-opts": { "max-size": "5m", tag: "x" } });
			const config = async (...flags: string[]) => {
				await engine.ok("create", "--name", "web", ...flags, IMAGE, "true", options);
				const { LogConfig } = JSON.parse(await engine.ok("inspect", "web"))[0].HostConfig;
				await engine.removeAll();
				return LogConfig;
			};
			expect(await config()).toMatchObject({ Type: "json-file", Config: { "max-size": expect.stringMatching(/^5/) } });
			expect(await config("--log-opt", "max-size=6m")).toMatchObject({
				Config: { "max-size": expect.stringMatching(/^6/) },
			});
			expect(await config("--log-driver", "none")).toMatchObject({ Type: "none" });
		});
	});

	ours("--explain shows the steps of flags", async () => {
		const out = await engine.ok(
			"run",
			"--explain",
			"--ulimit",
			"nofile=1:2",
			"--oom-score-adj",
			"5",
			"--tmpfs",
			"/x",
			"--domainname",
			"d",
			IMAGE,
			"true",
		);
		for (const what of [
			"limit nofile to 1, hard 2",
			"set the OOM score adjustment to 5",
			"mount tmpfs for /x",
			"set the domain name to d",
		])
			expect(out).toContain(what);
	});
});
