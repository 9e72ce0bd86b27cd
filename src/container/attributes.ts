/**
 * What --log-opt labels and tag add to a log, as docker's (moby,
 * daemon/logger/loginfo.go and loggerutils/log_tag.go): in json-file each line
 * carries it, and `logs --details` shows it.
 */

import { encodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Container } from "./table.ts";

export type Attributes = Record<string, string>;

/** The longest that the helper keeps, in bytes (ffi/helper/json.h, JSON_ATTRIBUTES_MAX). */
const LONGEST = 32768;

/**
 * The attributes of a container's log.
 * @param labels of its image; its own are over them
 */
export function logAttributes(container: Container, labels: Attributes | null | undefined): Attributes {
	const { log, labels: own } = container.options;
	const all: Attributes = { ...labels, ...own };
	const named = (log.labels ?? []).filter((name) => Object.hasOwn(all, name));
	const attributes = named.length > 0 ? Object.fromEntries(named.map((name) => [name, all[name] as string])) : {};
	const tag = log.tag ? fillTag(log.tag, container) : "";
	return tag ? { ...attributes, tag } : attributes;
}

/** The command line has checked that nothing else stands there (src/flags/logging.ts). */
function fillTag(template: string, { id, name, image, options, command }: Container): string {
	const imageId = image ?? "";
	const values: Attributes = {
		ID: id.slice(0, 12),
		FullID: id,
		Name: name,
		ImageID: imageId.replace(/^sha256:/, "").slice(0, 12),
		ImageFullID: imageId,
		ImageName: options.image ?? "",
		DaemonName: "bunker",
		Command: command.join(" "),
	};
	return template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (_, field: string) => values[field] ?? "");
}

/**
 * As they stand in a line of json-file: `"attrs":{…},`, names sorted; empty where there are none.
 * @throws Failure (125) where they are too long
 */
export function encodeAttributes(attributes: Attributes): string {
	const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
	if (sorted.length === 0) return "";
	const text = `"attrs":${escaped(JSON.stringify(Object.fromEntries(sorted)))},`;
	if (encodeText(text).length <= LONGEST) return text;
	throw new Failure(`the log's labels and tag are longer than ${LONGEST} bytes`, { exitCode: EXIT.refused });
}

/** Go's encoding/json: what HTML or JavaScript would read otherwise. */
const escaped = (json: string): string =>
	json.replaceAll(
		/[<>&\u2028\u2029]/g,
		(character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`,
	);

/** As `logs --details` shows them: `name=value,name=value`, escaped as in a URL's query (moby, api/server/httputils). */
export function showAttributes(attributes: Attributes): string {
	return Object.entries(attributes)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, value]) => `${query(name)}=${query(value)}`)
		.join(",");
}

/** Go's url.QueryEscape. */
const query = (text: string): string =>
	encodeURIComponent(text.toWellFormed())
		.replaceAll("%20", "+")
		.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
