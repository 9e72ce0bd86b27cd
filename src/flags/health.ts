/** `--health-*` and `--no-healthcheck`: docker's rules and sentences (docker/cli, container/opts.go; moby, daemon/container.go). */

import type { HealthOptions } from "../container/options.ts";
import { parseGoDuration } from "../duration.ts";
import { bool, int, string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const healthFlags = {
	"health-cmd": string("", "check the container's health with this shell command"),
	"health-interval": string("", "from one check to the next (1m30s)", { standard: "30s" }),
	"health-retries": int("", "so many failures in a row make it unhealthy", { standard: "3" }),
	"health-start-interval": string("", "from one check to the next while it starts", { standard: "5s" }),
	"health-start-period": string("", "so long it may start: failures do not count", { standard: "0s" }),
	"health-timeout": string("", "a check that takes longer has failed, and is killed", { standard: "30s" }),
	"no-healthcheck": bool("", "do not check its health, whatever the image says"),
};

/** docker's least duration, nanoseconds */
const MILLISECOND = 1_000_000;

/**
 * The health check that flags ask for.
 * @returns undefined where none was given
 * @throws Failure (125)
 */
export function parseHealth(values: Values<typeof healthFlags>): HealthOptions | undefined {
	const duration = (name: DurationFlag, field: string) => parseDuration(name, field, values[name]);
	const settings: HealthOptions = {
		test: values["health-cmd"] ? ["CMD-SHELL", values["health-cmd"]] : undefined,
		interval: duration("health-interval", "Interval"),
		timeout: duration("health-timeout", "Timeout"),
		retries: parseRetries(values["health-retries"]),
		startPeriod: duration("health-start-period", "StartPeriod"),
		startInterval: duration("health-start-interval", "StartInterval"),
	};
	const said = Object.values(settings).filter(Boolean).length > 0;
	if (!values["no-healthcheck"]) return said ? settings : undefined;
	if (said) throw malformed("--no-healthcheck conflicts with --health-* options");
	return { test: ["NONE"] };
}

type DurationFlag = "health-interval" | "health-timeout" | "health-start-period" | "health-start-interval";

/** Nanoseconds; what is longer than numbers are exact (104 days) is as good as that. */
function parseDuration(name: DurationFlag, field: string, text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const duration = parseGoDuration(text);
	if (duration === undefined) throw malformed(`invalid value "${text}" for --${name}: a duration (1m30s) is expected`);
	if (duration < 0) throw malformed(`--${name} cannot be negative`);
	if (duration !== 0 && duration < MILLISECOND) throw malformed(`${field} in Healthcheck cannot be less than 1ms`);
	return Math.min(duration, Number.MAX_SAFE_INTEGER);
}

function parseRetries(retries: number | undefined): number | undefined {
	if (retries === undefined || retries >= 0) return retries;
	throw malformed("--health-retries cannot be negative");
}
