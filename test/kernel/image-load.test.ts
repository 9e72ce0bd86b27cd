/** `load` and `import` into stores of their own: the forms of archives, what is broken, what is killed. */

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { makeDirectories } from "../../ffi/directory.ts";
import { close, open } from "../../ffi/file.ts";
import { chainIds, digestOf, hex } from "../../src/image/digest.ts";
import * as image from "../../src/image/image.ts";
import { Store } from "../../src/kernel/store.ts";
import { requires } from "../requires.ts";
import { type Entry, tarball } from "../tarball.ts";

mkdirSync("build", { recursive: true });
const top = `${process.cwd()}/${mkdtempSync("build/load-")}`;
setDefaultTimeout(60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
let base = "";
let store: Store;

beforeEach(() => {
	base = `${top}/${count++}`;
	store = openStore(`${base}/root`);
});

function openStore(root: string): Store {
	makeDirectories(root, 0o700);
	return Store.open({ root, runRoot: `${root}/run` });
}

/** Everything below the root that is not the database. */
const content = (): string[] =>
	["layers", "blobs/sha256", "tmp"].flatMap((name) =>
		existsSync(`${base}/root/${name}`) ? readdirSync(`${base}/root/${name}`).map((entry) => `${name}/${entry}`) : [],
	);

function source(bytes: Uint8Array | string): image.Source & Disposable {
	const path = typeof bytes === "string" ? bytes : `${base}/archive-${count++}.tar`;
	if (typeof bytes !== "string") writeFileSync(path, bytes);
	const fd = open(path, 0);
	return { fd, name: path, [Symbol.dispose]: () => close(fd) };
}

async function load(bytes: Uint8Array | string) {
	using file = source(bytes);
	return await image.load(store, file);
}

async function importTar(bytes: Uint8Array | string, reference?: string) {
	using file = source(bytes);
	return await image.importTar(store, file, reference);
}

const json = (value: unknown): string => JSON.stringify(value);
const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

function configOf(layers: readonly Uint8Array[], more: object = {}): string {
	const rootfs = { type: "layers", diff_ids: layers.map(digestOf) };
	return json({
		architecture: ARCHITECTURE,
		os: "linux",
		created: "2026-01-02T03:04:05Z",
		config: { Cmd: ["x"] },
		rootfs,
		...more,
	});
}

interface Image {
	layers: Uint8Array[];
	tags?: string[] | null;
	config?: string;
}

/** An archive as `docker save` made it before version 25. */
function dockerArchive(images: Image[], change: (entries: Entry[]) => Entry[] = (entries) => entries): Uint8Array {
	const entries = new Map<string, Entry>();
	const manifest = images.map(({ layers, tags = ["web:1"], config = configOf(layers) }) => {
		const name = `${hex(digestOf(config))}.json`;
		entries.set(name, { path: name, content: config });
		for (const layer of layers) {
			const path = `${hex(digestOf(layer))}/layer.tar`;
			entries.set(path, { path, content: layer });
		}
		return { Config: name, RepoTags: tags, Layers: layers.map((layer) => `${hex(digestOf(layer))}/layer.tar`) };
	});
	return tarball(change([...entries.values(), { path: "manifest.json", content: json(manifest) }]));
}

interface Descriptor {
	mediaType?: string;
	digest: string;
	size: number;
	annotations?: object;
	platform?: object;
}

/** The members of an OCI layout, put together piece by piece. */
class Layout {
	readonly entries: Entry[] = [{ path: "oci-layout", content: '{"imageLayoutVersion":"1.0.0"}' }];

	blob(bytes: Uint8Array | string, more: object = {}): Descriptor {
		const digest = digestOf(bytes);
		this.entries.push({ path: `blobs/sha256/${hex(digest)}`, content: bytes });
		return { digest, size: Buffer.byteLength(bytes as string), ...more };
	}

	image(
		layers: Uint8Array[],
		more: object = {},
		packed: (layer: Uint8Array) => Uint8Array = (layer) => layer,
	): Descriptor {
		const config = this.blob(configOf(layers));
		const manifest = { schemaVersion: 2, config, layers: layers.map((layer) => this.blob(packed(layer))) };
		return this.blob(json(manifest), { mediaType: "application/vnd.oci.image.manifest.v1+json", ...more });
	}

	archive(manifests: Descriptor[]): Uint8Array {
		return tarball([...this.entries, { path: "index.json", content: json({ schemaVersion: 2, manifests }) }]);
	}
}

const named = (name: string) => ({ annotations: { "org.opencontainers.image.ref.name": name } });
const layer = (text: string): Uint8Array =>
	tarball([
		{ path: "bin/", type: "5" },
		{ path: "bin/x", content: text },
	]);

const isRoot = requires("root", "overlay");

describe.skipIf(!isRoot)("a docker archive", () => {
	test("becomes an image with its names, its config, and its layers in order", async () => {
		const layers = [layer("one"), layer("two")];
		const config = configOf(layers);
		expect(await load(dockerArchive([{ layers, tags: ["web:1", "docker.io/library/web:2"] }]))).toMatchObject({
			references: ["web:1", "web:2"],
			ids: [],
		});
		const found = image.get(store, "web:2");
		expect(found).toMatchObject({
			id: digestOf(config),
			references: ["web:1", "web:2"],
			size: 6,
			created: "2026-01-02T03:04:05Z",
		});
		expect(found.config.config.Cmd).toEqual(["x"]);
		expect(found.layers).toEqual(chainIds(layers.map(digestOf)).map((id) => hex(id).slice(0, 24)));
		expect(readFileSync(`${base}/root/layers/${found.layers[1]}/bin/x`, "utf8")).toBe("two");
		const blobs = [config, ...layers].map((blob) => `blobs/sha256/${hex(digestOf(blob))}`);
		expect(content().sort()).toEqual([...blobs, ...found.layers.map((name) => `layers/${name}`)].sort());
		for (const one of layers)
			expect(digestOf(readFileSync(`${base}/root/blobs/sha256/${hex(digestOf(one))}`))).toBe(digestOf(one));
	});

	test("without a name gives the id", async () => {
		const layers = [layer("x")];
		expect(await load(dockerArchive([{ layers, tags: null }]))).toMatchObject({
			references: [],
			ids: [digestOf(configOf(layers))],
		});
	});

	test("of several images that share layers has each layer once", async () => {
		const [a, b, c] = [layer("a"), layer("b"), layer("c")] as const;
		await load(dockerArchive([{ layers: [a, b] }, { layers: [a, c], tags: ["web:2"] }]));
		expect(content().filter((name) => name.startsWith("layers/"))).toHaveLength(3);
		expect(image.get(store, "web:2").layers[0]).toBe(image.get(store, "web:1").layers[0] as string);
	});

	test("with the same layer twice on top of itself is fine", async () => {
		const a = layer("a");
		await load(dockerArchive([{ layers: [a, a] }]));
		expect(new Set(image.get(store, "web:1").layers).size).toBe(2);
		expect(content().filter((name) => name.startsWith("blobs/"))).toHaveLength(2);
	});

	test("may hold a layer as a link to another's, as docker and podman save it", async () => {
		const layers = [layer("x")];
		const digest = hex(digestOf(layers[0] as Uint8Array));
		const linked = (entries: Entry[]) =>
			entries.flatMap((entry) =>
				entry.path === `${digest}/layer.tar`
					? [
							{ ...entry, path: "other/layer.tar" },
							{ path: entry.path, type: "2", link: "../other/layer.tar" },
						]
					: [entry],
			);
		await load(dockerArchive([{ layers }], linked));
		expect(image.get(store, "web:1").layers).toHaveLength(1);
	});

	test.each([
		["gzip", (bytes: Uint8Array) => Bun.gzipSync(bytes as Uint8Array<ArrayBuffer>)],
		["zstd", (bytes: Uint8Array) => Bun.zstdCompressSync(bytes as Uint8Array<ArrayBuffer>)],
		["xz", (bytes: Uint8Array) => Bun.spawnSync(["xz", "-c"], { stdin: bytes as Uint8Array<ArrayBuffer> }).stdout],
	])("compressed with %s is the same image", async (name, compress) => {
		if (name === "xz" && !requires("xz")) return;
		const archive = dockerArchive([{ layers: [layer("x")] }]);
		await load(compress(archive));
		expect(image.get(store, "web:1").layers).toHaveLength(1);
	});

	test("takes its name from the image that had it", async () => {
		await load(dockerArchive([{ layers: [layer("old")] }]));
		await load(dockerArchive([{ layers: [layer("new")] }]));
		expect(
			image
				.list(store, { all: true })
				.map(({ references }) => references)
				.sort(),
		).toEqual([[], ["web:1"]]);
	});

	test("of 127 layers is loaded, of 128 refused", async () => {
		const layers = Array.from({ length: 128 }, (_, index) => layer(`layer ${index}`));
		await load(dockerArchive([{ layers: layers.slice(0, 127) }]));
		expect(image.get(store, "web:1").layers).toHaveLength(127);
		await expect(load(dockerArchive([{ layers }]))).rejects.toThrow("128 layers are more than the 127");
	});
});

describe.skipIf(!isRoot)("a layer's directory", () => {
	const one = layer("x");
	const name = hex(digestOf(one)).slice(0, 24);

	test("that a killed process left, without a row, is replaced", async () => {
		await load(dockerArchive([{ layers: [layer("other")], tags: ["other:1"] }]));
		using file = source(dockerArchive([{ layers: [one] }]));
		const loading = image.load(store, file);
		mkdirSync(`${base}/root/layers/${name}/leftover`, { recursive: true });
		await loading;
		expect(readdirSync(`${base}/root/layers/${name}`)).toEqual(["bin"]);
		expect(content().filter((entry) => entry.startsWith("tmp/"))).toEqual([]);
	});

	test("is refused to a chain id that begins like another's", async () => {
		const other = `sha256:${name}${"0".repeat(40)}`;
		store.run("INSERT INTO layer (chain_id, directory, diff_id, size) VALUES (?1, ?2, ?1, 0)", other, name);
		store.run("INSERT INTO image (id, size, arrived) VALUES ('sha256:x', 0, '')");
		store.run("INSERT INTO image_layer (image, position, chain_id) VALUES ('sha256:x', 0, ?)", other);
		await expect(load(dockerArchive([{ layers: [layer("below"), one] }, { layers: [one] }]))).rejects.toThrow(
			`would share the directory ${name}`,
		);
		expect(content()).toEqual([]);
	});
});

describe.skipIf(!isRoot)("an OCI archive", () => {
	test("is followed through an index in an index to the image for this machine", async () => {
		const layout = new Layout();
		const platform = (architecture: string) => ({ platform: { os: "linux", architecture } });
		const inner = {
			schemaVersion: 2,
			manifests: [
				layout.image([layer("other")], platform("s390x")),
				layout.image([layer("mine")], platform(ARCHITECTURE)),
				layout.image([layer("attestation")], { platform: { os: "unknown", architecture: "unknown" } }),
			],
		};
		const mediaType = "application/vnd.oci.image.index.v1+json";
		const index = layout.blob(json(inner), { mediaType, ...named("registry.example/web:3") });
		expect((await load(layout.archive([index]))).references).toEqual(["registry.example/web:3"]);
		const found = image.get(store, "registry.example/web:3");
		expect(readFileSync(`${base}/root/layers/${found.layers[0]}/bin/x`, "utf8")).toBe("mine");
	});

	test("for another machine only is refused", async () => {
		const layout = new Layout();
		const other = layout.image([layer("x")], { platform: { os: "linux", architecture: "s390x" } });
		await expect(load(layout.archive([other]))).rejects.toThrow(`holds no image for linux/${ARCHITECTURE}`);
	});

	test("has containerd's whole name go before the tag alone", async () => {
		const layout = new Layout();
		const annotations = {
			"io.containerd.image.name": "docker.io/library/web:4",
			"org.opencontainers.image.ref.name": "4",
		};
		expect((await load(layout.archive([layout.image([layer("x")], { annotations })]))).references).toEqual(["web:4"]);
	});

	test("with nothing but a tag for a name gives the id", async () => {
		const layout = new Layout();
		const { references, ids } = await load(layout.archive([layout.image([layer("x")], named("latest"))]));
		expect([references.length, ids.length]).toEqual([0, 1]);
	});

	test.each([
		["gzip", (bytes: Uint8Array) => Bun.gzipSync(bytes as Uint8Array<ArrayBuffer>)],
		["zstd", (bytes: Uint8Array) => Bun.zstdCompressSync(bytes as Uint8Array<ArrayBuffer>)],
	])("with layers compressed by %s has the same layers as one without", async (_, compress) => {
		const [plain, packed] = [new Layout(), new Layout()];
		const layers = [layer("x")];
		await load(plain.archive([plain.image(layers, named("web:1"))]));
		await load(packed.archive([packed.image(layers, named("web:2"), compress)]));
		expect(image.get(store, "web:1").id).toBe(image.get(store, "web:2").id);
		expect(content().filter((name) => name.startsWith("blobs/"))).toHaveLength(2);
	});
});

describe.skipIf(!isRoot)("a broken archive leaves nothing behind:", () => {
	const good = [layer("x")];
	const [digest] = good.map(digestOf) as [string];
	const replaced = (path: string, content: string | Uint8Array) => (entries: Entry[]) =>
		entries.map((entry) => (entry.path === path ? { ...entry, content } : entry));
	const index = (): Layout => new Layout();
	const ociWith = (content: string | Uint8Array, size?: number): Uint8Array => {
		const layout = index();
		const manifest = layout.image(good, named("web:1"));
		const found = layout.entries.find(({ path }) => path === `blobs/sha256/${hex(digest)}`) as Entry;
		found.content = content;
		if (size !== undefined) found.size = size;
		return layout.archive([manifest]);
	};
	const cases: [string, () => Uint8Array, string][] = [
		[
			"a layer that is another than its diff id",
			() => dockerArchive([{ layers: good }], replaced(`${hex(digest)}/layer.tar`, layer("y"))),
			"but its image says",
		],
		[
			"a layer that is no tar",
			() => dockerArchive([{ layers: good }], replaced(`${hex(digest)}/layer.tar`, "x".repeat(2000))),
			"not a tar archive",
		],
		[
			"a layer with `..`",
			() => dockerArchive([{ layers: [tarball([{ path: "a" }, { path: "../../x" }])] }]),
			"leads out of the directory",
		],
		[
			"a layer that is missing",
			() => dockerArchive([{ layers: good }], (all) => all.filter(({ path }) => path !== `${hex(digest)}/layer.tar`)),
			"lacks",
		],
		[
			"a config that is another than its name",
			() =>
				dockerArchive([{ layers: good }], (all) =>
					all.map((entry) =>
						String(entry.path).endsWith("0.json") ||
						(String(entry.path).length === 69 && String(entry.path).endsWith(".json"))
							? { ...entry, content: configOf(good, { extra: 1 }) }
							: entry,
					),
				),
			"not what its name says",
		],
		[
			"fewer layers than the config names",
			() => dockerArchive([{ layers: good, config: configOf([...good, ...good]) }]),
			"names 2 layers, the archive has 1",
		],
		["a manifest that is no JSON", () => tarball([{ path: "manifest.json", content: "{" }]), "is not JSON"],
		[
			"a manifest of another shape",
			() => tarball([{ path: "manifest.json", content: '[{"Config":1}]' }]),
			"Config of manifest.json",
		],
		["a manifest without images", () => tarball([{ path: "manifest.json", content: "[]" }]), "holds no image"],
		["a name that is none", () => dockerArchive([{ layers: good, tags: ["UPPER:1"] }]), "must be lowercase"],
		[
			"links in a circle for a layer",
			() =>
				dockerArchive([{ layers: good }], (all) =>
					all.map((entry) =>
						entry.path === `${hex(digest)}/layer.tar` ? { path: entry.path, type: "2", link: "layer.tar" } : entry,
					),
				),
			"lacks",
		],
		["neither form", () => tarball([{ path: "bin/x" }]), "neither manifest.json nor index.json"],
		["no tar at all", () => Buffer.from("root:x:0:0:root\n".repeat(100)), "not a tar archive"],
		["one cut off", () => dockerArchive([{ layers: good }]).subarray(0, 1500), "ends in the middle of a header"],
		[
			"gzip cut off",
			() => Bun.gzipSync(dockerArchive([{ layers: good }]) as Uint8Array<ArrayBuffer>).subarray(0, 300),
			"not intact as gzip",
		],
		[
			"zstd cut off",
			() => Bun.zstdCompressSync(dockerArchive([{ layers: good }]) as Uint8Array<ArrayBuffer>).subarray(0, 200),
			"not intact as zstd",
		],
		["bzip2", () => Buffer.from("BZh91AY&SY"), "bzip2, which is not supported"],
		["a layer of an OCI archive that is another than its digest", () => ociWith(layer("y")), "but its image says"],
		[
			"a layer of an OCI archive of another size",
			() => ociWith(Buffer.concat([good[0] as Uint8Array, new Uint8Array(512)])),
			"bytes, blobs/sha256/",
		],
	];
	test.each(cases)("%s", async (_, archive, message) => {
		await expect(load(archive())).rejects.toThrow(message);
		expect(content()).toEqual([]);
		expect(image.list(store, { all: true })).toEqual([]);
	});

	test("also where the last of several layers is the broken one, and large", async () => {
		const big = tarball([{ path: "big", content: new Uint8Array(20 << 20) }]);
		const archive = dockerArchive([{ layers: [big, layer("x"), tarball([{ path: ".." }])] }]);
		await expect(load(archive)).rejects.toThrow("leads out of the directory");
		expect(content()).toEqual([]);
	});
});

describe.skipIf(!isRoot)("import", () => {
	test("makes an image of one layer with docker's config for it", async () => {
		const archive = layer("x");
		const id = await importTar(archive, "base");
		const found = image.get(store, "base:latest");
		expect(found.id).toBe(id);
		expect(found.config).toMatchObject({
			architecture: ARCHITECTURE,
			os: "linux",
			config: {},
			rootfs: { type: "layers", diff_ids: [digestOf(archive)] },
			history: [{ comment: "Imported from -" }],
		});
		expect(found.config.created).toBe(found.created);
	});

	test("without a name gives an id that names it", async () => {
		const id = await importTar(layer("x"));
		expect(image.get(store, id.slice(7, 19))).toMatchObject({ id, references: [] });
	});

	test("of a large archive has every byte, digested by the other thread", async () => {
		const archive = tarball([
			{ path: "big", content: crypto.getRandomValues(new Uint8Array(65_000)).toHex().repeat(200) },
		]);
		await importTar(archive, "big");
		const { config, layers } = image.get(store, "big");
		expect(config.rootfs.diff_ids).toEqual([digestOf(archive)]);
		expect(digestOf(readFileSync(`${base}/root/blobs/sha256/${hex(digestOf(archive))}`))).toBe(digestOf(archive));
		expect(digestOf(readFileSync(`${base}/root/layers/${layers[0]}/big`))).toBe(
			digestOf(archive.subarray(512, 512 + 26_000_000)),
		);
	});

	test("reads a pipe to its end, however slowly it comes", async () => {
		const [file, fifo] = [`${base}/file`, `${base}/fifo`];
		writeFileSync(file, layer("piped"));
		Bun.spawnSync(["mkfifo", fifo]);
		const writer = Bun.spawn(["sh", "-c", `{ head -c 100 ${file}; sleep 0.1; tail -c +101 ${file}; } > ${fifo}`]);
		await importTar(fifo, "piped");
		await writer.exited;
		expect(image.get(store, "piped").size).toBe(5);
	});

	test("reads from where the descriptor stands", async () => {
		using file = source(Buffer.concat([Buffer.from("skipped"), layer("x")]));
		const { call } = await import("../../ffi/system.ts");
		call("seek", "lseek", file.fd, 7, 0);
		await image.importTar(store, file, "x");
		expect(image.get(store, "x").size).toBe(1);
	});

	test("of what is no archive says so and leaves nothing", async () => {
		await expect(importTar("/etc/passwd", "x")).rejects.toThrow("/etc/passwd: not a tar archive");
		expect(content()).toEqual([]);
	});

	test("under a bad name fails before it reads", async () => {
		await expect(importTar("/dev/zero", "UPPER")).rejects.toThrow("must be lowercase");
	});
});

describe.skipIf(!isRoot || !requires("podman", "skopeo"))("what the others write is loaded:", () => {
	const material = `${top}/others`;
	const podman = (...args: string[]) =>
		Bun.spawnSync(
			["podman", "--root", `${material}/store`, "--runroot", `${material}/run`, "--storage-driver", "overlay", ...args],
			{ env: { ...process.env, CONTAINERS_CONF: `${material}/containers.conf` } },
		);

	function prepare(): void {
		if (existsSync(material)) return;
		mkdirSync(material, { recursive: true });
		writeFileSync(`${material}/containers.conf`, '[containers]\ndefault_ulimits=[]\n[engine]\nruntime="runc"\n');
		writeFileSync(`${material}/root.tar`, layer("podman"));
		podman("import", `${material}/root.tar`, "localhost/base:1");
	}

	test.each(["docker-archive", "oci-archive"])("podman's %s", async (format) => {
		prepare();
		podman("save", "--format", format, "-o", `${base}/image.tar`, "localhost/base:1");
		expect((await load(`${base}/image.tar`)).references).toEqual(["localhost/base:1"]);
		const { layers } = image.get(store, "localhost/base:1");
		expect(readFileSync(`${base}/root/layers/${layers[0]}/bin/x`, "utf8")).toBe("podman");
	});

	test.each([
		["docker-archive", []],
		["oci-archive", []],
		["oci-archive", ["--dest-compress-format", "zstd"]],
	])("skopeo's %s %j", async (format, options) => {
		prepare();
		podman("save", "--format", "docker-archive", "-o", `${base}/image.tar`, "localhost/base:1");
		const target = `${format}:${base}/copy.tar:localhost/copy:2`;
		const copied = Bun.spawnSync(["skopeo", "copy", "-q", ...options, `docker-archive:${base}/image.tar`, target]);
		expect(copied.stderr.toString()).toBe("");
		expect((await load(`${base}/copy.tar`)).references).toEqual(["localhost/copy:2"]);
	});
});

describe.skipIf(!isRoot)("several at once, and killed ones:", () => {
	const driver = `${top}/driver.ts`;
	const DRIVER = (places: string, file: string) => `
		import * as image from "${process.cwd()}/src/image/image.ts";
		import { Store } from "${process.cwd()}/src/kernel/store.ts";
		import { open } from "${process.cwd()}/ffi/file.ts";
		const store = Store.open({ ${places} });
		await image.load(store, { fd: open("${file}", 0), name: "x" });
		process.exit(0);`;
	const drive = (file: string) => {
		writeFileSync(driver, DRIVER(`root: "${base}/root", runRoot: "${base}/run"`, file));
		return Bun.spawn([process.execPath, driver], { stdout: "ignore", stderr: "pipe" });
	};

	function largeArchive(): string {
		const files = Array.from({ length: 2000 }, (_, index) => ({
			path: `d${index % 50}/f${index}`,
			content: "x".repeat(9000),
		}));
		const path = `${base}/large.tar`;
		writeFileSync(path, dockerArchive([{ layers: [tarball(files), layer("top")] }]));
		return path;
	}

	test("two loads of the same image both succeed, and there is one", async () => {
		const path = largeArchive();
		const codes = await Promise.all([drive(path), drive(path), drive(path)].map((process) => process.exited));
		expect(codes).toEqual([0, 0, 0]);
		expect(image.list(store, { all: true })).toHaveLength(1);
		expect(content()).toHaveLength(5);
	});

	test("kill -9 at any moment leaves nothing that collect does not remove", async () => {
		const path = largeArchive();
		for (let delay = 20; delay < 320; delay += 25) {
			const process = drive(path);
			await Bun.sleep(delay);
			process.kill("SIGKILL");
			await process.exited;
			image.collect(store);
			const whole = image.list(store, { all: true }).length;
			expect(content()).toHaveLength(whole * 5);
			if (whole > 0) image.remove(store, "web:1", { force: false, prune: true });
			expect(content()).toEqual([]);
		}
	}, 60_000);

	test.skipIf(!requires("unshare"))("a full disk is named, and leaves nothing", () => {
		const path = largeArchive();
		mkdirSync(`${base}/full`);
		writeFileSync(driver, DRIVER("root: process.argv[2], runRoot: process.argv[2]", path));
		const script = `mount -t tmpfs -o size=12m none ${base}/full && ${process.execPath} ${driver} ${base}/full; ls -A ${base}/full/*/`;
		const { stdout, stderr } = Bun.spawnSync(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
		expect(stderr.toString()).toContain("ENOSPC (no space left on device)");
		expect(stdout.toString().trim()).toBe("");
	});

	test("collect leaves alone what somebody is working on", async () => {
		const path = largeArchive();
		const process = drive(path);
		while (content().length === 0) await Bun.sleep(1);
		for (let round = 0; round < 50 && process.exitCode === null; round++) {
			image.collect(store);
			await Bun.sleep(2);
		}
		expect(await process.exited).toBe(0);
		expect(content()).toHaveLength(5);
	});
});
