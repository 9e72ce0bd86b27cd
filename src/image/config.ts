/** The image config (OCI image-spec, config.md; docker's fields beside them): checked where we use it, kept as it came. */

import { Failure } from "../failure.ts";
import { type Digest, digestOf, isDigest } from "./digest.ts";
import { array, type Fields, fields, optional, parseJson, string, strings } from "./foreign.ts";

/** What is used of an image config; the blob keeps the rest. */
export interface ImageConfig {
	architecture: string;
	variant?: string;
	os: string;
	/** RFC 3339 */
	created?: string;
	author?: string;
	config: {
		User?: string;
		Env?: string[];
		Entrypoint?: string[] | null;
		Cmd?: string[] | null;
		WorkingDir?: string;
		Labels?: Record<string, string> | null;
		Volumes?: Record<string, object> | null;
		ExposedPorts?: Record<string, object> | null;
		StopSignal?: string;
		Healthcheck?: object;
		OnBuild?: string[] | null;
		Shell?: string[];
	};
	rootfs: { type: "layers"; diff_ids: Digest[] };
	history?: object[];
}

/** As docker's overlay2 driver has it: 128 with the container's own. The kernel would take 500 (OVL_MAX_STACK). */
export const MOST_LAYERS = 127;

/**
 * Parses and checks a config.
 * @param what it is, for errors
 * @throws Failure where a field that we use is not what it should be
 */
export function parseConfig(bytes: Uint8Array, what: string): ImageConfig {
	const whole = fields(parseJson(bytes, what), what);
	const at = (name: string) => `${name} in ${what}`;
	for (const name of ["architecture", "variant", "os", "created", "author"]) optional(string, whole[name], at(name));
	const rootfs = fields(whole.rootfs, at("rootfs"));
	const diffIds = strings(rootfs.diff_ids ?? [], at("rootfs.diff_ids"));
	if (!diffIds.every(isDigest)) throw new Failure(`${at("rootfs.diff_ids")} holds what is no sha256 digest`);
	if (diffIds.length > MOST_LAYERS) {
		throw new Failure(`${what}: ${diffIds.length} layers are more than the ${MOST_LAYERS} that an image may have`);
	}
	optional(array, whole.history, at("history"));
	const config = optional(fields, whole.config, at("config")) ?? {};
	checkProcess(config, at);
	return complete(whole);
}

/** Reads a config that was checked when it came. @throws SyntaxError where the store is damaged */
export const storedConfig = (bytes: Uint8Array): ImageConfig => complete(JSON.parse(new TextDecoder().decode(bytes)));

/** Go leaves out what is empty, or writes null. */
function complete(whole: Fields): ImageConfig {
	const config = whole as unknown as ImageConfig;
	return {
		...config,
		architecture: config.architecture ?? "",
		os: config.os ?? "",
		config: config.config ?? {},
		rootfs: { type: "layers", diff_ids: config.rootfs.diff_ids ?? [] },
	};
}

function checkProcess(config: Fields, at: (name: string) => string): void {
	for (const name of ["User", "WorkingDir", "StopSignal"]) optional(string, config[name], at(name));
	for (const name of ["Env", "Entrypoint", "Cmd", "OnBuild", "Shell"]) optional(strings, config[name], at(name));
	for (const name of ["Volumes", "ExposedPorts", "Healthcheck"]) optional(fields, config[name], at(name));
	const labels = optional(fields, config.Labels, at("Labels")) ?? {};
	for (const [name, value] of Object.entries(labels)) string(value, at(`Labels.${name}`));
}

/** Go's name of this machine's architecture, as image configs have it. */
export const architecture = (): string => (process.arch === "arm64" ? "arm64" : "amd64");

/** An entry of a config's history (image-spec, config.md). */
export interface HistoryEntry {
	created?: string;
	created_by?: string;
	author?: string;
	comment?: string;
	/** it added no layer */
	empty_layer?: boolean;
}

/** A config that we make, as stored; its digest is the image's id. */
export interface MadeConfig {
	id: Digest;
	bytes: Uint8Array;
}

function made(config: object): MadeConfig {
	const bytes = new TextEncoder().encode(JSON.stringify(config));
	return { id: digestOf(bytes), bytes };
}

/** The config of an image made from a root file system, as `docker import` makes it. */
export function importedConfig(
	diffId: Digest,
	created: string,
	message: string,
	config: ImageConfig["config"] = {},
	platform: Pick<ImageConfig, "os" | "architecture" | "variant"> = { os: "linux", architecture: architecture() },
): MadeConfig {
	const { variant } = platform;
	return made({
		architecture: platform.architecture,
		...(variant !== undefined && { variant }),
		os: platform.os,
		created,
		config,
		rootfs: { type: "layers", diff_ids: [diffId] },
		history: [{ created, comment: message }],
	});
}

/** What a child of an image has of its own. */
export interface Child {
	created: string;
	author?: string;
	config: ImageConfig["config"];
	/** undefined: nothing was changed, so there is no new layer */
	diffId: Digest | undefined;
	createdBy: string;
	message?: string;
}

/** The config of an image made from another and one layer more, as `docker commit` makes it. */
export function childConfig(parent: ImageConfig, child: Child): MadeConfig & { diffIds: Digest[] } {
	const { created, author, config, diffId, createdBy, message } = child;
	const diffIds = diffId === undefined ? parent.rootfs.diff_ids : [...parent.rootfs.diff_ids, diffId];
	const entry: HistoryEntry = {
		created,
		...(author && { author }),
		...(createdBy && { created_by: createdBy }),
		...(message && { comment: message }),
		...(diffId === undefined && { empty_layer: true }),
	};
	const { variant, "os.version": version, "os.features": features } = parent as unknown as Fields;
	const whole = made({
		architecture: parent.architecture,
		...(variant !== undefined && { variant }),
		os: parent.os,
		...(version !== undefined && { "os.version": version }),
		...(features !== undefined && { "os.features": features }),
		created,
		...(author && { author }),
		config,
		rootfs: { type: "layers", diff_ids: diffIds },
		history: [...completeHistory(parent), entry],
	});
	return { ...whole, diffIds };
}

/** podman refuses to build on a history that lists fewer layers than there are; some images have none at all. */
function completeHistory({ history = [], rootfs, created }: ImageConfig): HistoryEntry[] {
	const entries = history as HistoryEntry[];
	const listed = entries.filter((entry) => !entry.empty_layer).length;
	const lacking = Math.max(0, rootfs.diff_ids.length - listed);
	return [...Array.from({ length: lacking }, () => (created === undefined ? {} : { created })), ...entries];
}
