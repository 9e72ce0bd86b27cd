/** -v, --mount and --volumes-from as they are typed: what is refused, and what is shown. */

import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("mounts", () => {
	const engine = useEngine("mountflags");
	afterEach(() => engine.removeAll());

	const one = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0];

	describe("an error is said, and nothing is made, for", () => {
		const podman = process.env.TARGET === "podman";
		// podman has words of its own for all of them; where `ours` stands it takes them.
		type Case = [what: string, flags: string[], sentence: string, whose?: "ours"];
		const typed: Case[] = [
			["two volumes in one place", ["-v", "/tmp:/x", "-v", "data:/x"], "Duplicate mount point: /x"],
			["a volume where a tmpfs is", ["-v", "data:/x", "--tmpfs", "/x"], "Duplicate mount point: /x"],
			["a mount where a volume is", ["-v", "data:/x", "--mount", "dst=/x"], "Duplicate mount point: /x"],
			["a mode", ["-v", "data:/x:bad"], "invalid mode: bad"],
			["two modes", ["-v", "/tmp:/x:ro,rw"], "invalid mode: ro,rw"],
			["a mode without a target", ["-v", "/tmp:ro"], "invalid volume specification: '/tmp:ro'"],
			["an empty section", ["-v", "/tmp::ro"], "invalid spec: /tmp::ro: empty section between colons", "ours"],
			["colons", ["-v", "/tmp:/x:ro:z"], "invalid spec: /tmp:/x:ro:z: too many colons"],
			["a target", ["-v", "data:x"], "invalid mount path: 'x' mount path must be absolute"],
			["the root", ["-v", "data:/"], "invalid specification: destination can't be '/'", "ours"],
			["propagation of a volume", ["-v", "data:/x:shared"], "field BindOptions must not be specified", "ours"],
			["no target", ["--mount", "type=bind,src=/tmp"], "target is required"],
			["a type", ["--mount", "type=nosuch,dst=/x"], "mount type unknown"],
			["devpts", ["--mount", "type=devpts,dst=/x"], 'for type "devpts": mount type unknown', "ours"],
			["npipe", ["--mount", "type=npipe,src=//./pipe/x,dst=/x"], 'for type "npipe": mount type unknown'],
			["a field", ["--mount", "dst=/x,bogus=1"], "unexpected key 'bogus' in 'bogus=1'"],
			["no pair", ["--mount", "dst=/x,bogus"], "invalid field 'bogus' must be a key=value pair"],
			["a size", ["--mount", "type=tmpfs,dst=/x,tmpfs-size=big"], "invalid value for tmpfs-size: big", "ours"],
			[
				"options of another type",
				["--mount", "type=tmpfs,dst=/x,volume-nocopy"],
				"cannot mix 'volume-*' options with mount type 'tmpfs'",
			],
			["a driver", ["--volume-driver", "nfs", "-v", "data:/x"], 'plugin "nfs" not found'],
			["a mount's driver", ["--mount", "src=data,dst=/x,volume-driver=nfs"], 'plugin "nfs" not found'],
			["propagation", ["--volumes-from", "web:shared"], "invalid mode: shared"],
		];
		for (const [what, flags, sentence, whose] of typed)
			(whose ? ours : test)(what, async () => {
				for (const verb of ["run", "create"]) await refused(verb, flags, 125, sentence);
			});

		// docker/cli, container/create.go: what the daemon says ends `create` with 1, and `run` with 125.
		const lookedUp: Case[] = [
			["a volume's name", ["-v", "rel/path:/x"], "includes invalid characters for a local volume name"],
			["a short name", ["-v", "d:/x"], "volume name is too short", "ours"],
			["a missing source", ["--mount", "type=bind,src=/nosuch,dst=/x"], "bind source path does not exist: /nosuch"],
			["a source in a file", ["--mount", "type=bind,src=/etc/passwd/x,dst=/x"], "/etc/passwd/x"],
			["an image", ["--mount", "type=image,src=nosuch,dst=/x"], "No such image: nosuch", "ours"],
			["whose volumes", ["--volumes-from", "nosuch"], "No such container: nosuch"],
		];
		for (const [what, flags, sentence, whose] of lookedUp)
			(whose ? ours : test)(`${what}, which is looked up`, async () => {
				await refused("run", flags, 125, sentence);
				await refused("create", flags, podman ? 125 : 1, sentence);
			});

		async function refused(verb: string, flags: string[], exitCode: number, sentence: string): Promise<void> {
			const { code, stdout, stderr } = await engine.run(verb, ...flags, IMAGE, "true");
			expect({ verb, code, stdout }).toEqual({ verb, code: exitCode, stdout: "" });
			if (!podman) expect(stderr).toContain(sentence);
			expect(await engine.ok("ps", "-aq")).toBe("");
			expect(existsSync(`${engine.root}/volumes/data`)).toBe(false);
		}
	});

	ours("inspect shows them in docker's shapes", async () => {
		const words = ["-v", "named:/named", "-v", "fixed:/fixed:ro", "-v", "/own", "-v", "/tmp/../tmp:/host:ro,z"];
		const mounts = [
			"type=volume,src=other,dst=/other,volume-label=a=b",
			"type=tmpfs,dst=/memory/,tmpfs-size=1m",
			`type=image,src=${IMAGE},dst=/image`,
			"type=bind,src=/tmp,dst=/slave,bind-propagation=rprivate",
		];
		await engine.ok("create", "--name", "giver", "-v", "given:/given:ro", IMAGE, "true");
		const flags = [...words, ...mounts.flatMap((mount) => ["--mount", mount])];
		const more = ["--volumes-from", "giver:z", "--tmpfs", "/tmpfs:size=1m", "--volume-driver", "local"];
		await engine.ok("create", "--name", "shown", ...flags, ...more, IMAGE, "true");
		const { HostConfig, Config, Mounts } = await one("shown");
		expect(HostConfig).toMatchObject({
			Binds: ["named:/named", "fixed:/fixed:ro", "/tmp/../tmp:/host:ro,z"],
			VolumesFrom: ["giver:z"],
			VolumeDriver: "local",
			Tmpfs: { "/tmpfs": "size=1m" },
		});
		expect(HostConfig.Mounts).toEqual([
			{
				Type: "volume",
				Source: "other",
				Target: "/other",
				VolumeOptions: { Labels: { a: "b" }, DriverConfig: {} },
			},
			{ Type: "tmpfs", Target: "/memory/", TmpfsOptions: { SizeBytes: 1048576 } },
			{ Type: "image", Source: IMAGE, Target: "/image" },
			{ Type: "bind", Source: "/tmp", Target: "/slave", BindOptions: { Propagation: "rprivate" } },
		]);
		expect(Config.Volumes).toEqual({ "/own": {} });
		const own = Mounts.find(({ Destination }: { Destination: string }) => Destination === "/own").Name;
		expect(own).toMatch(/^[0-9a-f]{64}$/);
		const volume = (Name: string, Destination: string, Mode: string, RW: boolean) => ({
			Type: "volume",
			Name,
			Source: `${engine.root}/volumes/${Name}/_data`,
			Destination,
			Driver: "local",
			Mode,
			RW,
			Propagation: "",
		});
		const bind = { Type: "bind", Source: "/tmp", Propagation: "rprivate" };
		const image = JSON.parse(await engine.ok("inspect", "--type", "image", IMAGE))[0].Id;
		expect(Mounts).toEqual([
			volume("given", "/given", "", false),
			volume("named", "/named", "z", true),
			volume("fixed", "/fixed", "ro", false),
			{ ...bind, Destination: "/host", Mode: "ro,z", RW: false },
			volume("other", "/other", "z", true),
			{ Type: "tmpfs", Source: "", Destination: "/memory", Mode: "", RW: true, Propagation: "" },
			{
				Type: "image",
				Name: IMAGE,
				Source: image,
				Destination: "/image",
				Mode: "",
				RW: false,
				Propagation: "rprivate",
			},
			{ ...bind, Destination: "/slave", Mode: "", RW: true },
			volume(own, "/own", "", true),
		]);
		const format = "{{range .HostConfig.Mounts}}{{.Type}}:{{.ReadOnly}} {{end}}";
		expect(await engine.ok("inspect", "-f", format, "shown")).toBe("volume:false tmpfs:false image:false bind:false ");
	});

	test("ps names them, counts the volumes, and filters by name and by place", async () => {
		const words = ["-v", "first:/a", "-v", "/b", "-v", `${engine.directory}:/c`];
		await engine.ok("create", "--name", "mounted", ...words, IMAGE, "true");
		await engine.ok("create", "--name", "plain", IMAGE, "true");
		const found = async (filter: string) =>
			(await engine.ok("ps", "-a", "--filter", filter, "--format", "{{.Names}}")).split("\n").filter(Boolean);
		expect(await found("volume=first")).toEqual(["mounted"]);
		expect(await found("volume=nosuch")).toEqual([]);
		if (process.env.TARGET === "podman") return; // it knows places of volumes not, and prints places for names
		for (const value of ["/a", "/b", "/c", engine.directory])
			expect([value, await found(`volume=${value}`)]).toEqual([value, ["mounted"]]);
		expect(await found("volume=/a/")).toEqual([]);
		const row = await engine.ok("ps", "-a", "--filter", "volume=first", "--format", "{{.LocalVolumes}} {{.Mounts}}");
		expect(row).toMatch(/^2 first,.{14}…,[0-9a-f]{14}…$/);
		const full = ["ps", "-a", "--no-trunc", "--filter", "volume=first", "--format", "{{.Mounts}}"];
		expect(await engine.ok(...full)).toMatch(new RegExp(`^first,${engine.directory},[0-9a-f]{64}$`));
	});

	ours("bind-nonrecursive is warned of, and taken", async () => {
		const mount = "type=bind,src=/tmp,dst=/x,bind-nonrecursive";
		const { code, stderr } = await engine.run("create", "--name", "older", "--mount", mount, IMAGE, "true");
		expect({ code, stderr }).toEqual({
			code: 0,
			stderr: "WARNING: bind-nonrecursive is deprecated, use bind-recursive=disabled instead\n",
		});
		expect((await one("older")).HostConfig.Mounts[0].BindOptions).toEqual({ NonRecursive: true });
	});

	ours("run --explain shows where volumes are, and makes none", async () => {
		const { stdout } = await engine.run("run", "--explain", "-v", "planned:/x", "-v", "/y", IMAGE, "true");
		expect(stdout).toContain(`take ${engine.root}/volumes/planned/_data to bind it later`);
		expect(stdout).toContain("make directory /x if it is missing");
		expect(stdout).toMatch(/bind \S+\/volumes\/[0-9a-f]{64}\/_data on \/y\n/);
		expect(existsSync(`${engine.root}/volumes/planned`)).toBe(false);
	});
});
