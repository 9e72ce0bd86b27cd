/** `commit`: what a container has written becomes an image. */

import { Failure } from "../failure.ts";
import { commit as commitImage, type ImageConfig, parseTag } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { note } from "./events.ts";
import { exposedPorts } from "./facts.ts";
import { healthConfig, mergeHealth } from "./health.ts";
import { layersOf } from "./layers.ts";
import { dropLock, lockOperation } from "./locks.ts";
import type { RunOptions } from "./options.ts";
import { pauseMeanwhile } from "./pause.ts";
import { mergeVariables } from "./program.ts";
import { byId, find } from "./table.ts";

export interface CommitOptions {
	author?: string;
	message?: string;
	/** instructions of a Dockerfile: how the image is run */
	changes: string[];
	/** the name it gets; none if undefined */
	reference?: string;
	/** nothing of it runs while it is read */
	pause: boolean;
}

/** What `commit` made. */
export interface Committed {
	/** the image's id */
	id: string;
	/** why the container was not paused, although that was asked for */
	ranOn?: string;
}

/**
 * Makes an image of a container, whether it runs or not. While it is read the
 * container is neither removed nor started: both wait for the operation lock.
 * One that cannot be paused is committed all the same, as docker does it.
 * @throws Failure, and nothing is left behind
 */
export async function commit(store: Store, name: string, options: CommitOptions): Promise<Committed> {
	const { id } = find(store, name);
	using operation = lockOperation(store, id);
	const container = byId(store, id);
	// Somebody has removed it while we waited: the lock's file is ours, made anew.
	if (!container) dropLock(store, id);
	if (!container) throw new Failure(`commit ${name}: it was removed meanwhile`);
	const { image, upper } = layersOf(store, container, "commit");
	const config = committedConfig(container.options, image.config.config);
	await using pause = options.pause ? await pauseMeanwhile(store, container, operation) : undefined;
	const createdBy = (config.Cmd ?? []).join(" ");
	const imageID = await commitImage(store, { name, parent: image, upper, config, createdBy, ...options });
	const imageRef = options.reference === undefined ? "" : parseTag(options.reference);
	const attributes = { comment: options.message ?? "", imageID, imageRef };
	note(store, container, "commit", { attributes });
	return { id: imageID, ...(pause?.failure && { ranOn: pause.failure.message }) };
}

type Config = ImageConfig["config"];

/**
 * How the container is run, in the form of an image's config: what its flags
 * say over what its image says (moby, daemon/commit.go: merge). Pure.
 */
export function committedConfig(options: RunOptions, image: Config): Config {
	const env = mergeVariables(image.Env ?? [], options.env);
	const labels = { ...image.Labels, ...options.labels };
	const ports = { ...image.ExposedPorts, ...Object.fromEntries(exposedPorts(options).map((port) => [port, {}])) };
	const inherited = options.entrypoint?.length ? undefined : image.Cmd;
	const command = options.command.length > 0 ? options.command : inherited;
	const entrypoint = options.entrypoint ?? image.Entrypoint;
	const config: Config = {
		User: options.user ?? image.User,
		ExposedPorts: filled(ports),
		Env: env.length > 0 ? env : undefined,
		Cmd: command ?? undefined,
		Healthcheck: healthConfig(mergeHealth(options.health, image.Healthcheck)),
		Volumes: filled({ ...image.Volumes, ...unnamedVolumes(options) }),
		WorkingDir: options.workingDirectory ?? image.WorkingDir,
		Entrypoint: entrypoint?.length ? entrypoint : undefined,
		Labels: filled(labels),
		StopSignal: options.stopSignal ?? image.StopSignal,
		Shell: image.Shell,
	};
	return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined && value !== ""));
}

/** What -v without a source has asked for is the image's from now on; what has a source is the host's. */
const unnamedVolumes = ({ volumes }: RunOptions): Record<string, object> =>
	Object.fromEntries(volumes.filter(({ source }) => source === "").map(({ target, typed }) => [typed ?? target, {}]));

const filled = <T extends object>(fields: T): T | undefined => (Object.keys(fields).length > 0 ? fields : undefined);
