/** `--log-driver` and `--log-opt`. */

import type { LogDriver, LogOptions } from "../container/options.ts";
import { defaultLog } from "../container/options.ts";
import { parseSize } from "../size.ts";
import { malformed } from "./usage.ts";

export const DRIVERS: readonly string[] = ["local", "json-file", "none"] satisfies LogDriver[];

/**
 * Parses the flags of the log.
 * @param options `max-size=10m`, `max-file=3`, `labels=a,b`, `tag={{.Name}}`
 * @throws Failure (125)
 */
export function parseLog(driver: string | undefined, options: readonly string[]): LogOptions {
	const log = { ...defaultLog, driver: parseDriver(driver) };
	for (const option of options) {
		const [name = "", value = ""] = split(option);
		if (log.driver === "none") throw malformed(`--log-opt ${option}: the log driver none has no options`);
		if (name === "max-size") log.maxSize = parseMaxSize(option, value);
		else if (name === "max-file") log.maxFiles = parseMaxFiles(option, value);
		else if (name === "labels") log.labels = value.split(",").filter(Boolean);
		else if (name === "tag") log.tag = checkTag(option, value);
		else throw malformed(`unknown log option "${name}": max-size, max-file, labels and tag are known`);
	}
	return log;
}

const FIELDS = ["ID", "FullID", "Name", "ImageID", "ImageFullID", "ImageName", "DaemonName", "Command"];

/** docker's template of a tag, as far as it names fields. */
function checkTag(option: string, template: string): string {
	const rest = template.replaceAll(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) =>
		FIELDS.includes(field) ? "" : whole,
	);
	if (!rest.includes("{{")) return template;
	throw malformed(`--log-opt ${option}: of the fields of a tag these are known: ${FIELDS.join(", ")}`);
}

function split(option: string): [string, string] {
	const equals = option.indexOf("=");
	return equals < 0 ? [option, ""] : [option.slice(0, equals), option.slice(equals + 1)];
}

function parseDriver(driver: string | undefined): LogDriver {
	if (!driver) return defaultLog.driver;
	if (DRIVERS.includes(driver)) return driver as LogDriver;
	throw malformed(`the log driver "${driver}" is not supported: local, json-file and none are`);
}

/** docker: -1 is no limit. */
function parseMaxSize(option: string, value: string): number {
	if (value === "-1") return 0;
	const size = parseSize(value);
	if (size === undefined || size < 1) throw malformed(`--log-opt ${option}: a size as 500k, 10m or 1g is expected`);
	return size;
}

function parseMaxFiles(option: string, value: string): number {
	if (/^[1-9][0-9]{0,3}$/.test(value)) return Number(value);
	throw malformed(`--log-opt ${option}: a number of files, 1 to 9999, is expected`);
}
