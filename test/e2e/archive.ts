/** Images made by hand for a test: a docker archive with the configuration that the test is about. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type Header, pack } from "tar-stream";

export interface File extends Partial<Header> {
	name: string;
	content?: string | Uint8Array;
}

/** A tar of these files. */
export async function tar(files: File[]): Promise<Uint8Array> {
	const stream = pack();
	for (const { content, ...header } of files) {
		if (content === undefined) stream.entry(header);
		else stream.entry(header, Buffer.from(content as string));
	}
	stream.finalize();
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) chunks.push(chunk as Uint8Array);
	return Buffer.concat(chunks);
}

/** The part of the image configuration that says how to run it (image-spec config.md). */
export interface Config {
	Cmd?: string[];
	Entrypoint?: string[];
	Env?: string[];
	User?: string;
	WorkingDir?: string;
	StopSignal?: string;
	Healthcheck?: object;
}

/**
 * Writes a docker archive, as `docker save` of before OCI layouts.
 * @param layers tars, lowest first
 */
export async function writeArchive(
	path: string,
	reference: string,
	layers: Uint8Array[],
	config: Config,
): Promise<void> {
	const digest = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
	const image = JSON.stringify({
		architecture: process.arch === "arm64" ? "arm64" : "amd64",
		os: "linux",
		created: "2026-01-01T00:00:00Z",
		config,
		rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${digest(layer)}`) },
		// podman commits nothing on an image whose history lists fewer layers than there are.
		history: layers.map(() => ({ created: "2026-01-01T00:00:00Z", created_by: "a test" })),
	});
	const manifest = [
		{
			Config: `${digest(image)}.json`,
			RepoTags: [reference],
			Layers: layers.map((_, index) => `${index}/layer.tar`),
		},
	];
	const files: File[] = [
		{ name: `${digest(image)}.json`, content: image },
		...layers.map((content, index) => ({ name: `${index}/layer.tar`, content })),
		{ name: "manifest.json", content: JSON.stringify(manifest) },
	];
	writeFileSync(path, await tar(files));
}

/** An archive of the busybox root file system with a configuration. */
export async function writeBusybox(
	path: string,
	reference: string,
	busybox: string,
	config: Config,
	more: File[] = [],
) {
	const layers: Uint8Array[] = [new Uint8Array(readFileSync(busybox))];
	if (more.length > 0) layers.push(await tar(more));
	await writeArchive(path, reference, layers, config);
}
