/** `--device HOST[:PATH][:ACCESS]` (docker/cli, cli/command/container/opts.go: validateDevice, parseLinuxDevice). */

import type { DeviceOption } from "../container/options.ts";
import { clean } from "../path.ts";
import { absolute } from "../text/path.ts";
import { malformed } from "./usage.ts";

/** @throws Failure (125) */
export function parseDevice(typed: string): DeviceOption {
	const invalid = (why: string) => malformed(`--device ${typed}: ${why}`);
	const [host = "", second, third, ...more] = typed.split(":");
	if (host === "" || more.length > 0) throw invalid("HOST[:PATH][:rwm] is expected");
	const isBare = second === undefined || (third === undefined && isAccess(second));
	const path = isBare ? host : second;
	const access = third ?? (isBare ? second : undefined) ?? "rwm";
	if (!isAccess(access)) throw invalid(`bad mode specified: ${access}`);
	if (!path.startsWith("/")) throw invalid(`${path} is not an absolute path`);
	return { host: absolute(host), path: clean(path), access };
}

/** Of r, w and m each once at most. */
const isAccess = (text: string): boolean => /^[rwm]+$/.test(text) && new Set(text).size === text.length;
