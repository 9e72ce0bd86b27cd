/** The large inputs: made once, kept under build/bench. */

import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { pack } from "tar-stream";
import { directory } from "./contenders.ts";
import { run } from "./measure.ts";

const FILES = 10_000;
const FILE_SIZE = 30_000;

/** 300 MB in 10,000 files, as a docker archive; and its only layer, as a tar. */
export async function largeImage(): Promise<{ archive: string; layer: string }> {
	const archive = `${directory}/large.tar`;
	const layer = `${directory}/large-layer.tar`;
	if (existsSync(archive)) return { archive, layer };
	await write(layer, async (tar) => {
		const content = new Uint8Array(FILE_SIZE);
		for (let index = 0; index < FILES; index++) {
			crypto.getRandomValues(content.subarray(0, 16_384));
			content.set([index & 255, index >> 8], 16_384);
			await tar(`d${index % 100}/e${index % 7}/file${index}`, content.slice());
		}
	});
	const digest = await digestOf(layer);
	const config = JSON.stringify({
		architecture: process.arch === "arm64" ? "arm64" : "amd64",
		os: "linux",
		config: {},
		rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
	});
	const name = `${createHash("sha256").update(config).digest("hex")}.json`;
	const manifest = JSON.stringify([{ Config: name, RepoTags: ["large:1"], Layers: ["layer.tar"] }]);
	await write(`${archive}.new`, async (tar) => {
		await tar(name, Buffer.from(config));
		await tar("layer.tar", Buffer.from(await Bun.file(layer).arrayBuffer()));
		await tar("manifest.json", Buffer.from(manifest));
	});
	renameSync(`${archive}.new`, archive);
	return { archive, layer };
}

type Add = (name: string, content: Uint8Array) => Promise<void>;

async function write(path: string, fill: (add: Add) => Promise<void>): Promise<void> {
	const stream = pack();
	const fd = openSync(path, "w");
	const drained = (async () => {
		for await (const chunk of stream) writeSync(fd, chunk as Uint8Array);
	})();
	await fill(
		(name, content) =>
			new Promise((done, failed) =>
				stream.entry({ name, mtime: new Date(0) }, Buffer.from(content), (error) => (error ? failed(error) : done())),
			),
	);
	stream.finalize();
	await drained;
	closeSync(fd);
}

async function digestOf(path: string): Promise<string> {
	const hash = createHash("sha256");
	for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
	return hash.digest("hex");
}

/** 512 MB of lines of text. */
export function lines(): string {
	const path = `${directory}/lines.txt`;
	if (!existsSync(path)) {
		const line = "the quick brown fox jumps over the lazy dog, again and again and again 0123456789\n";
		writeFileSync(
			`${path}.new`,
			line
				.repeat(Math.ceil(1_048_576 / line.length))
				.slice(0, 1_048_575)
				.concat("\n"),
		);
		run({ words: ["sh", "-c", `for i in $(seq 512); do cat '${path}.new'; done > '${path}' && rm '${path}.new'`] });
	}
	return path;
}
