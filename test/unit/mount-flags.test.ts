/** --mount: docker's grammar, row by row; and what goes together with what. */

import { describe, expect, test } from "bun:test";
import { parse } from "../../src/flags/grammar.ts";
import { parseMounts } from "../../src/flags/mount-values.ts";
import { runFlags, runOptions } from "../../src/flags/options.ts";

const here = process.cwd();
const GiB = 1024 ** 3;

// docker/cli 28, opts/mount_test.go and mount.go.
describe("--mount", () => {
	test.each([
		["type=bind,source=/a,target=/b", { type: "bind", source: "/a", target: "/b" }],
		["type=bind,src=/a,dst=/b,ro", { type: "bind", source: "/a", target: "/b", readOnly: true }],
		["TYPE=BIND,Src=/a,Destination=/b,readonly=1", { type: "bind", source: "/a", target: "/b", readOnly: true }],
		["type=bind,src=/a,dst=/b,readonly=false", { type: "bind", source: "/a", target: "/b" }],
		["type=bind,src=/a,dst=/b,ro,readonly=0", { type: "bind", source: "/a", target: "/b" }],
		["type=bind,src=.,dst=/b", { type: "bind", source: here, target: "/b" }],
		["type=bind,src=./x/,dst=/b", { type: "bind", source: `${here}/x`, target: "/b" }],
		["type=bind,src=/a/,dst=/b", { type: "bind", source: "/a", target: "/b", typed: { source: "/a/" } }],
		["type=bind,src=/a,dst=/b/.", { type: "bind", source: "/a", target: "/b", typed: { target: "/b/." } }],
		['type=bind,"src=/a,b",dst=/b', { type: "bind", source: "/a,b", target: "/b" }],
		['type=bind,"src=/a""b",dst=/b', { type: "bind", source: '/a"b', target: "/b" }],
		["type=bind,src=/a=b,dst=/b", { type: "bind", source: "/a=b", target: "/b" }],
		[
			"type=bind,src=/a,dst=/b,bind-propagation=RSLAVE",
			{ type: "bind", source: "/a", target: "/b", propagation: "rslave" },
		],
		["type=bind,src=/a,dst=/b,bind-propagation=", { type: "bind", source: "/a", target: "/b" }],
		["type=bind,src=/a,dst=/b,bind-recursive=enabled", { type: "bind", source: "/a", target: "/b" }],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=disabled",
			{ type: "bind", source: "/a", target: "/b", recursive: "disabled" },
		],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=writable,ro",
			{ type: "bind", source: "/a", target: "/b", recursive: "writable", readOnly: true },
		],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=readonly,ro,bind-propagation=rprivate",
			{
				type: "bind",
				source: "/a",
				target: "/b",
				recursive: "readonly",
				readOnly: true,
				propagation: "rprivate",
			},
		],
		["type=bind,src=/a,dst=/b,bind-create-src", { type: "bind", source: "/a", target: "/b", create: true }],
		["type=bind,src=/a,dst=/b,bind-nonrecursive=false", { type: "bind", source: "/a", target: "/b" }],
		["target=/b", { type: "volume", target: "/b" }],
		["dst=/b,src=", { type: "volume", target: "/b" }],
		["src=data,dst=/b", { type: "volume", source: "data", target: "/b" }],
		["type=volume,src=data,dst=/b,readonly", { type: "volume", source: "data", target: "/b", readOnly: true }],
		["type=volume,src=data,dst=/b,volume-nocopy", { type: "volume", source: "data", target: "/b", noCopy: true }],
		["type=volume,src=data,dst=/b,volume-nocopy=0", { type: "volume", source: "data", target: "/b" }],
		[
			"type=volume,src=data,dst=/b,volume-subpath=a/../b",
			{ type: "volume", source: "data", target: "/b", subpath: "a/../b" },
		],
		[
			"type=volume,dst=/b,volume-label=x=y=z,volume-label=w,volume-driver=local",
			{ type: "volume", target: "/b", labels: { x: "y=z", w: "" }, driver: "local" },
		],
		[
			'type=volume,dst=/b,volume-opt=type=tmpfs,"volume-opt=o=size=1m,mode=700"',
			{ type: "volume", target: "/b", driverOptions: { type: "tmpfs", o: "size=1m,mode=700" } },
		],
		["type=volume,dst=/b,bind-recursive=enabled", { type: "volume", target: "/b" }],
		["type=volume,dst=/b,consistency=Cached", { type: "volume", target: "/b", consistency: "cached" }],
		["type=tmpfs,dst=/b", { type: "tmpfs", target: "/b" }],
		["type=tmpfs,dst=/b,tmpfs-size=1g,tmpfs-mode=0700", { type: "tmpfs", target: "/b", size: GiB, mode: 0o700 }],
		["type=tmpfs,dst=/b,tmpfs-size=0,tmpfs-mode=0,ro", { type: "tmpfs", target: "/b", readOnly: true }],
		["type=image,src=busybox,dst=/b", { type: "image", source: "busybox", target: "/b" }],
		[
			"type=image,src=busybox,dst=/b,image-subpath=bin",
			{ type: "image", source: "busybox", target: "/b", subpath: "bin" },
		],
	])("%s", async (typed, mount) => {
		expect(await parseMounts([typed])).toEqual([mount as never]);
	});

	test.each([
		["", "value is empty"],
		["  ", "value is empty"],
		['type=bind,src=/a"b,dst=/b', "a quotation mark is out of place"],
		["type=volume,target=/foo,bogus=foo", "unexpected key 'bogus' in 'bogus=foo'"],
		["type=volume,target=/foo,constructor=foo", "unexpected key 'constructor' in 'constructor=foo'"],
		["type=volume, src=/foo,target=/foo", "unexpected key ' src' in ' src=/foo'"],
		["type=tmpfs,target=/foo,tmpfs-options=exec", "unexpected key 'tmpfs-options' in 'tmpfs-options=exec'"],
		["type=volume,target=/foo,bogus", "invalid field 'bogus' must be a key=value pair"],
		["type=bind,src=/a,dst=/b,bind-propagation", "invalid field 'bind-propagation' must be a key=value pair"],
		["/a:/b", "invalid field '/a:/b' must be a key=value pair"],
		["type=bind,src=/a,dst=/b,", "invalid field '' must be a key=value pair"],
		["type=volume,target=/foo,readonly=no", "invalid value for readonly: no"],
		["type=volume,target=/foo,ro=", "invalid value for ro: "],
		["type=volume,target=/foo,volume-nocopy=maybe", "invalid value for volume-nocopy: maybe"],
		["type=volume,target=/foo,volume-label==x", "invalid value for volume-label: =x"],
		["type=tmpfs,target=/foo,tmpfs-size=foo", "invalid value for tmpfs-size: foo"],
		["type=tmpfs,target=/foo,tmpfs-size=10%", "invalid value for tmpfs-size: 10%"],
		["type=tmpfs,target=/foo,tmpfs-mode=foo", "invalid value for tmpfs-mode: foo"],
		["type=tmpfs,target=/foo,tmpfs-mode=888", "invalid value for tmpfs-mode: 888"],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=yes",
			'invalid value for bind-recursive: yes (must be "enabled", "disabled", "writable", or "readonly")',
		],
		["type=bind,src=/a,dst=/b,bind-recursive=disabled,bind-recursive=readonly", "bind-recursive is disabled already"],
		["type=,target=/foo", "type is required"],
		["type=bind,src=/foo", "target is required"],
		["type=volume,target=/foo,bind-propagation=rprivate", "cannot mix 'bind-*' options with mount type 'volume'"],
		["type=bind,src=/foo,target=/foo,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"],
		["type=image,src=foo,target=/foo,volume-subpath=a", "cannot mix 'volume-*' options with mount type 'image'"],
		["type=volume,src=foo,target=/foo,image-subpath=a", "cannot mix 'image-*' options with mount type 'volume'"],
		["type=bind,src=/foo,target=/foo,tmpfs-size=1m", "cannot mix 'tmpfs-*' options with mount type 'bind'"],
		["type=tmpfs,target=/foo,bind-nonrecursive", "cannot mix 'bind-*' options with mount type 'tmpfs'"],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=writable",
			"option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
		],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=readonly",
			"option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction",
		],
		[
			"type=bind,src=/a,dst=/b,bind-recursive=readonly,ro",
			"option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction",
		],
	])("%s is refused as docker's client does it", (typed, why) => {
		const message = `invalid argument ${JSON.stringify(typed)} for "--mount" flag: ${why}`;
		expect(parseMounts([typed])).rejects.toMatchObject({ message, exitCode: 125 });
	});

	// moby, volume/mounts/linux_parser.go.
	test.each([
		["bind", "dst=/b", "field Source must not be empty"],
		["bind", "src=a,dst=/b", "invalid mount path: 'a' mount path must be absolute"],
		["bind", "src=/a,dst=b", "invalid mount path: 'b' mount path must be absolute"],
		["bind", "src=/a,dst=..", "invalid mount path: '..' mount path must be absolute"],
		["bind", "src=/a,dst=/", "invalid specification: destination can't be '/'"],
		["bind", "src=/a,dst=/b/..", "invalid specification: destination can't be '/'"],
		["bind", "src=/a,dst=/b,bind-propagation=slaves", "invalid propagation mode: slaves"],
		["bind", "src=/a,dst=/proc", '"/proc" cannot be mounted because it is not of type proc'],
		["volume", "src=proc,dst=/proc", '"/proc" cannot be mounted because it is not of type proc'],
		["volume", "src=/proc,dst=/proc", '"/proc" cannot be mounted because it is not of type proc'],
		["tmpfs", "dst=/proc/sys", '"/proc/sys" cannot be mounted because it is inside /proc'],
		["volume", "dst=/b,volume-subpath=a", "must not set Subpath when using anonymous volumes"],
		["volume", "src=data,dst=/b,volume-subpath=/a", "subpath must be a relative path within the volume"],
		["volume", "src=data,dst=/b,volume-subpath=a/../..", "subpath must be a relative path within the volume"],
		["volume", "dst=/b,readonly", "must not set ReadOnly mode when using anonymous volumes"],
		["tmpfs", "src=data,dst=/b", "field Source must not be specified"],
		["image", "dst=/b", "field Source must not be empty"],
		["image", "src=busybox,dst=/b,image-subpath=../x", "subpath must be a relative path within the volume"],
		["npipe", "src=//./pipe/x,dst=/b", "mount type unknown"],
		["cluster", "src=x,dst=/b", "mount type unknown"],
		["devpts", "dst=/dev/pts", "mount type unknown"],
		["tostring", "dst=/b", "mount type unknown"],
	])("type=%s,%s is refused as docker's daemon does it", (type, rest, why) => {
		const message = `invalid mount config for type "${type}": ${why}`;
		expect(parseMounts([`type=${type},${rest}`])).rejects.toMatchObject({ message, exitCode: 125 });
	});

	test("a driver that is not there is named", () => {
		expect(parseMounts(["src=x,dst=/b,volume-driver=nfs"])).rejects.toMatchObject({
			message: 'error looking up volume plugin nfs: plugin "nfs" not found',
			exitCode: 125,
		});
	});

	test("a type that there is not says which there are", () => {
		for (const type of ["npipe", "cluster", "devpts", "nosuch"])
			expect(parseMounts([`type=${type},dst=/b`])).rejects.toMatchObject({
				hint: expect.stringContaining("types are bind, volume, tmpfs and image"),
			});
	});
});

describe("one place in a container", () => {
	async function made(...args: string[]) {
		const { values, operands } = parse("run", { flags: runFlags, stopAtFirst: true }, [...args, "busybox"]);
		return runOptions("run", values, operands, {});
	}

	test.each([
		[["-v", "/a:/x", "-v", "/b:/x/"]],
		[["-v", "/a:/x", "-v", "data:/x"]],
		[["-v", "/a:/x", "-v", "/a:/x:ro"]],
		[["-v", "data:/x", "--mount", "type=bind,src=/a,dst=/x/."]],
		[["--mount", "dst=/x", "--mount", "type=tmpfs,dst=/x"]],
		[["-v", "/a:/x", "--tmpfs", "/x"]],
		[["--mount", "type=bind,src=/a,dst=/x", "--tmpfs", "/x:size=1m"]],
		[["--tmpfs", "/x", "--tmpfs", "/x:ro"]],
	])("%j is refused", (args) => {
		expect(made(...args)).rejects.toMatchObject({ message: "Duplicate mount point: /x", exitCode: 125 });
	});

	test("a volume without a name gives way", async () => {
		const options = await made("-v", "/x", "-v", "/x/", "-v", "/a:/x");
		expect(options.volumes.map(({ source }) => source)).toEqual(["", "", "/a"]);
		await made("-v", "/x", "--tmpfs", "/x");
		await made("-v", "/x", "--mount", "dst=/x");
	});

	test("without any of these flags there is nothing of them in the options", async () => {
		expect(Object.keys(await made()).filter((name) => /^(mounts|volumes.+|points)/.test(name))).toEqual([]);
		expect(await made("--volumes-from", "web:ro", "--volumes-from=db", "--volume-driver", "local")).toMatchObject({
			volumesFrom: ["web:ro", "db"],
			volumeDriver: "local",
		});
	});
});
