/** What is mounted, in docker's shapes: HostConfig, Config.Volumes, the list of mounts. */

import { describe, expect, test } from "bun:test";
import { committedConfig } from "../../src/container/commit.ts";
import { mountPoints } from "../../src/container/facts.ts";
import { hostConfig } from "../../src/container/host-config.ts";
import type { MountOption, RunOptions } from "../../src/container/options.ts";
import { pointsOf } from "../../src/container/points.ts";
import { parseMounts } from "../../src/flags/mount-values.ts";
import { parseVolumes } from "../../src/flags/volume-values.ts";
import type { Store } from "../../src/kernel/store.ts";
import { runOptions } from "./run-options.ts";

const shown = (change: Partial<RunOptions>) =>
	hostConfig(runOptions(change), { oomKillDisable: true }) as Record<string, unknown>;
const mountsOf = async (...typed: string[]) => shown({ mounts: await parseMounts(typed) }).Mounts;

describe("HostConfig", () => {
	test("Binds are as typed, but for a relative path; of volumes without a name there is nothing", () => {
		const typed = ["/a/../b:/c/", "./d:/e:ro", "data:/f", "data:/g:nocopy,ro", "/h:/i:rw", "/j:/k:ro,z", "/l"];
		expect(shown({ volumes: parseVolumes(typed) }).Binds).toEqual([
			"/a/../b:/c/",
			`${process.cwd()}/d:/e:ro`,
			...typed.slice(2, 6),
		]);
	});

	test("without any of it, docker's nulls and no Mounts", () => {
		expect(shown({})).toMatchObject({ Binds: null, VolumesFrom: null, VolumeDriver: "" });
		expect(shown({})).not.toHaveProperty("Mounts");
	});

	test("VolumesFrom and VolumeDriver are as typed", () => {
		expect(shown({ volumesFrom: ["web:ro"], volumeDriver: "local" })).toMatchObject({
			VolumesFrom: ["web:ro"],
			VolumeDriver: "local",
		});
	});

	// moby, api/types/mount; what is its zero is left out.
	test("Mounts of each type", async () => {
		expect(
			await mountsOf(
				"type=bind,src=/a/,dst=/b,ro,bind-propagation=rprivate,bind-recursive=readonly",
				"type=bind,src=/a,dst=/c,bind-recursive=disabled",
				"type=bind,src=/a,dst=/d,ro,bind-recursive=writable,consistency=cached",
				"type=bind,src=/a,dst=/e,bind-create-src,bind-recursive=enabled",
				"type=tmpfs,dst=/f,tmpfs-size=1m,tmpfs-mode=1777",
				"type=tmpfs,dst=/g/",
				"type=image,src=busybox,dst=/h,image-subpath=bin",
				"type=image,src=busybox,dst=/i",
			),
		).toEqual([
			{
				Type: "bind",
				Source: "/a/",
				Target: "/b",
				ReadOnly: true,
				BindOptions: { Propagation: "rprivate", ReadOnlyForceRecursive: true },
			},
			{ Type: "bind", Source: "/a", Target: "/c", BindOptions: { NonRecursive: true } },
			{
				Type: "bind",
				Source: "/a",
				Target: "/d",
				ReadOnly: true,
				Consistency: "cached",
				BindOptions: { ReadOnlyNonRecursive: true },
			},
			{ Type: "bind", Source: "/a", Target: "/e", BindOptions: { CreateMountpoint: true } },
			{ Type: "tmpfs", Target: "/f", TmpfsOptions: { SizeBytes: 1048576, Mode: 0o1777 } },
			{ Type: "tmpfs", Target: "/g/" },
			{ Type: "image", Source: "busybox", Target: "/h", ImageOptions: { Subpath: "bin" } },
			{ Type: "image", Source: "busybox", Target: "/i" },
		]);
	});

	test("Mounts of volumes; any option brings a DriverConfig", async () => {
		expect(
			await mountsOf(
				"dst=/a",
				"src=data,dst=/b,volume-nocopy,volume-subpath=x",
				"src=data,dst=/c,volume-label=a=b,volume-driver=local,volume-opt=o=rw",
			),
		).toEqual([
			{ Type: "volume", Target: "/a" },
			{
				Type: "volume",
				Source: "data",
				Target: "/b",
				VolumeOptions: { NoCopy: true, Subpath: "x", DriverConfig: {} },
			},
			{
				Type: "volume",
				Source: "data",
				Target: "/c",
				VolumeOptions: { Labels: { a: "b" }, DriverConfig: { Name: "local", Options: { o: "rw" } } },
			},
		]);
	});
});

test("Config.Volumes has those without a name, and so has a committed image", () => {
	const volumes = parseVolumes(["/a", "/b/", "data:/c", "/d:/e"]);
	const { Volumes } = committedConfig(runOptions({ volumes }), { Volumes: { "/image": {} } });
	expect(Volumes).toEqual({ "/image": {}, "/a": {}, "/b/": {} });
	expect(committedConfig(runOptions(), {})).not.toHaveProperty("Volumes");
});

describe("the list of mounts", () => {
	const store = { places: { root: "/r", runRoot: "/rr" } } as Store;

	test("of a row of an older bunker, which had -v with paths only", () => {
		const volumes = [
			{ source: "/a", target: "/b", readOnly: true },
			{ source: "/c", target: "/d", readOnly: false },
		];
		const common = { Type: "bind" as const, Propagation: "rprivate" };
		expect(mountPoints(store, runOptions({ volumes }))).toEqual([
			{ ...common, Source: "/a", Destination: "/b", Mode: "ro", RW: false },
			{ ...common, Source: "/c", Destination: "/d", Mode: "", RW: true },
		]);
	});

	// test/reference/inspect-container.json: a volume that was given no mode is shown with "z".
	test("modes and propagation are docker's", () => {
		const volumes = parseVolumes(["data:/a", "data:/b:ro", "/c:/c:rslave,Z"]);
		const points = pointsOf(runOptions({ volumes }));
		expect(points.map(({ mode }) => mode)).toEqual(["z", "ro", "rslave,Z"]);
		const propagations = mountPoints(store, runOptions({ points: [...points] })).map(({ Propagation }) => Propagation);
		expect(propagations).toEqual(["", "", "rslave"]);
	});

	test("an image is named as it was typed", () => {
		const mounts: MountOption[] = [{ type: "image", source: "busybox:1", target: "/i" }];
		const point = { type: "image" as const, source: "sha256:0", target: "/i", readOnly: true, mode: "" };
		expect(mountPoints(store, runOptions({ mounts, points: [point] }))).toEqual([
			{
				Type: "image",
				Name: "busybox:1",
				Source: "sha256:0",
				Destination: "/i",
				Mode: "",
				RW: false,
				Propagation: "rprivate",
			},
		]);
	});
});
