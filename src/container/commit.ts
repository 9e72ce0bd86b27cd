/** `commit`: what a container has written becomes an image. */

import { Failure } from "../failure.ts";
import { commit as commitImage, type ImageConfig, parseTag } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { note } from "./events.ts";
import { healthConfig, mergeHealth } from "./health.ts";
import { layersOf } from "./layers.ts";
import { dropLock, lockOperation } from "./locks.ts";
import type { RunOptions } from "./options.ts";
import { mergeVariables } from "./program.ts";
import { byId, find } from "./table.ts";

export interface CommitOptions {
	author?: string;
	message?: string;
	/** instructions of a Dockerfile: how the image is run */
	changes: string[];
	/** the name it gets; none if undefined */
	reference?: string;
}

/**
 * Makes an image of a container, whether it runs or not. While it is read the
 * container is neither removed nor started: both wait for the operation lock.
 * @returns the image's id
 * @throws Failure, and nothing is left behind
 */
export async function commit(store: Store, name: string, options: CommitOptions): Promise<string> {
	const { id } = find(store, name);
	using _operation = lockOperation(store, id);
	const container = byId(store, id);
	// Somebody has removed it while we waited: the lock's file is ours, made anew.
	if (!container) dropLock(store, id);
	if (!container) throw new Failure(`commit ${name}: it was removed meanwhile`);
	const { image, upper } = layersOf(store, container, "commit");
	const config = committedConfig(container.options, image.config.config);
	const createdBy = (config.Cmd ?? []).join(" ");
	const imageID = await commitImage(store, { name, parent: image, upper, config, createdBy, ...options });
	const imageRef = options.reference === undefined ? "" : parseTag(options.reference);
	const attributes = { comment: options.message ?? "", imageID, imageRef };
	note(store, container, "commit", { attributes });
	return imageID;
}

type Config = ImageConfig["config"];

/**
 * How the container is run, in the form of an image's config: what its flags
 * say over what its image says (moby, daemon/commit.go: merge). Pure.
 */
export function committedConfig(options: RunOptions, image: Config): Config {
	const env = mergeVariables(image.Env ?? [], options.env);
	const labels = { ...image.Labels, ...options.labels };
	const ports = { ...image.ExposedPorts, ...Object.fromEntries((options.expose ?? []).map((port) => [port, {}])) };
	const inherited = options.entrypoint?.length ? undefined : image.Cmd;
	const command = options.command.length > 0 ? options.command : inherited;
	const entrypoint = options.entrypoint ?? image.Entrypoint;
	const config: Config = {
		User: options.user ?? image.User,
		ExposedPorts: filled(ports),
		Env: env.length > 0 ? env : undefined,
		Cmd: command ?? undefined,
		Healthcheck: healthConfig(mergeHealth(options.health, image.Healthcheck)),
		Volumes: filled(image.Volumes ?? {}),
		WorkingDir: options.workingDirectory ?? image.WorkingDir,
		Entrypoint: entrypoint?.length ? entrypoint : undefined,
		Labels: filled(labels),
		StopSignal: options.stopSignal ?? image.StopSignal,
		Shell: image.Shell,
	};
	return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== ""));
}

const filled = <T extends object>(fields: T): T | undefined => (Object.keys(fields).length > 0 ? fields : undefined);
