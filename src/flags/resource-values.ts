/**
 * The values of the flags of resources.ts, in docker's grammar and units
 * (docker/cli: opts/opts.go, opts/throttledevice.go, opts/weightdevice.go;
 * docker/go-units, RAMInBytes). 0 is "not set", as docker has it. Whether such a
 * limit can be is asked of the container's side (container/limits.ts).
 */

import { AT_FDCWD, S_IFBLK, S_IFMT } from "../../ffi/constants.ts";
import { statusIfThere } from "../../ffi/file.ts";
import { checkLimits, parseDeviceRule } from "../container/container.ts";
import type { HugePageOption, Limits, RateOption, RunOptions, WeightOption } from "../container/options.ts";
import { parseBinarySize } from "../size.ts";
import { parseDevice } from "./devices.ts";
import type { Values } from "./flags.ts";
import type { resourceFlags } from "./resources.ts";
import { malformed } from "./usage.ts";

type Given = Partial<Values<typeof resourceFlags>>;

/**
 * Flags of `run` and `create` → limits that this host can hold; what it cannot
 * is discarded with a warning, where docker does so.
 * @throws Failure (125) for values that cannot be, or a controller that is missing
 */
export async function readResources(
	values: Given,
): Promise<Pick<RunOptions, "limits" | "cgroupParent" | "deviceRules" | "devices">> {
	const { limits, warnings } = await checkLimits(readLimits(values));
	const rules = values["device-cgroup-rule"] ?? [];
	for (const rule of rules) parseDeviceRule(rule);
	await say([...discarded(values), ...warnings]);
	return {
		...(Object.keys(limits).length > 0 && { limits }),
		...(values["cgroup-parent"] && { cgroupParent: values["cgroup-parent"] }),
		...(rules.length > 0 && { deviceRules: rules }),
		...(values.device?.length && { devices: values.device.map(parseDevice) }),
	};
}

/** What docker accepts for the sake of old scripts, and drops (moby, api: KernelMemory is ignored since API 1.42). */
export function discarded(values: Pick<Given, "kernel-memory">): string[] {
	const size = bytes("kernel-memory", values["kernel-memory"]);
	return size ? [`--kernel-memory ${values["kernel-memory"]} is discarded, as docker does: use --memory`] : [];
}

async function say(warnings: readonly string[]): Promise<void> {
	if (warnings.length === 0) return;
	const { warn } = await import("./notice.ts");
	for (const warning of warnings) warn(warning);
}

/**
 * Values → limits; only those that are set.
 * @throws Failure (125)
 */
export function readLimits(values: Given): Limits {
	const limits: Limits = {
		memory: bytes("memory", values.memory),
		memoryReservation: bytes("memory-reservation", values["memory-reservation"]),
		memorySwap: values["memory-swap"] === "-1" ? -1 : bytes("memory-swap", values["memory-swap"]),
		nanoCpus: cpus(values.cpus),
		cpuShares: values["cpu-shares"],
		cpuPeriod: values["cpu-period"],
		cpuQuota: values["cpu-quota"],
		cpuRealtimePeriod: values["cpu-rt-period"],
		cpuRealtimeRuntime: values["cpu-rt-runtime"],
		cpusetCpus: values["cpuset-cpus"],
		cpusetMems: values["cpuset-mems"],
		pidsLimit: values["pids-limit"],
		blkioWeight: values["blkio-weight"],
		blkioWeightDevice: values["blkio-weight-device"]?.map(weight),
		blkioDeviceReadBps: rates(values, "device-read-bps", parseBinarySize),
		blkioDeviceWriteBps: rates(values, "device-write-bps", parseBinarySize),
		blkioDeviceReadIOps: rates(values, "device-read-iops", count),
		blkioDeviceWriteIOps: rates(values, "device-write-iops", count),
		oomKillDisable: values["oom-kill-disable"],
		hugePages: values.hugetlb?.map(hugePages),
	};
	const swappiness = values["memory-swappiness"] ?? -1;
	const set = Object.entries(limits).filter(([, value]) => isSet(value));
	return { ...Object.fromEntries(set), ...(swappiness !== -1 && { memorySwappiness: swappiness }) };
}

function isSet(value: Limits[keyof Limits]): boolean {
	return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function bytes(flag: string, text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const size = parseBinarySize(text);
	if (size !== undefined && Number.isSafeInteger(size)) return size;
	throw malformed(`--${flag} ${text}: a size as 64m or 1.5g is expected`);
}

/** Billionths, exactly: `1.5`, `.5`, `1e-1` and `3/2`, as Go's big.Rat reads them. */
function cpus(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const [whole, sign, digits = "", decimals = "", exponent = "0", below = "1"] =
		/^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]{1,2}))?(?:\/([0-9]*[1-9][0-9]*))?$/i.exec(text) ?? [];
	if (whole === undefined || digits + decimals === "")
		throw malformed(`--cpus ${text}: a number of CPUs as 0.5 or 2 is expected`);
	const shift = 9 - decimals.length + Number(exponent);
	const above = BigInt(digits + decimals) * 10n ** BigInt(Math.max(0, shift));
	const divisor = BigInt(below) * 10n ** BigInt(Math.max(0, -shift));
	if (above % divisor !== 0n) throw malformed(`--cpus ${text}: value is too precise: a billionth is the least`);
	return Number(above / divisor) * (sign === "-" ? -1 : 1);
}

function rates(
	values: Given,
	flag: "device-read-bps" | "device-write-bps" | "device-read-iops" | "device-write-iops",
	parse: (text: string) => number | undefined,
): RateOption[] | undefined {
	return values[flag]?.map((typed) => {
		const [path, text] = deviceOf(flag, typed);
		const rate = parse(text);
		if (rate !== undefined) return { path, rate };
		const kind = parse === count ? "a number" : "a size as 512, 1kb or 1mb";
		throw malformed(`--${flag} ${typed}: invalid rate: ${kind} is expected after the device's path and a colon`);
	});
}

const count = (text: string): number | undefined => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined);

function weight(typed: string): WeightOption {
	const flag = "blkio-weight-device";
	const [path, text] = deviceOf(flag, typed);
	const weight = count(text);
	if (weight === 0 || (weight !== undefined && weight >= 10 && weight <= 1000)) return { path, weight };
	throw malformed(`--${flag} ${typed}: invalid weight: 10 to 1000 is expected after the device's path and a colon`);
}

/** `2MB:64m` → bytes; a limit of 0 is one. */
function hugePages(typed: string): HugePageOption {
	const [, size = "", text = ""] = /^([^:]+):([^:]+)$/.exec(typed) ?? [];
	const [pageSize, limit] = [parseBinarySize(size), parseBinarySize(text)];
	if (pageSize === undefined || limit === undefined || !Number.isSafeInteger(limit))
		throw malformed(`--hugetlb ${typed}: PAGESIZE:LIMIT is expected, as 2MB:64m`);
	return { pageSize, limit };
}

/** `/dev/sda:1mb` → both. The device is looked at already: a limit on none would be none. */
function deviceOf(flag: string, typed: string): [path: string, value: string] {
	const [, path, value = ""] = /^([^:]+):(.*)$/s.exec(typed) ?? [];
	if (path === undefined) throw malformed(`--${flag} ${typed}: bad format: DEVICE:VALUE is expected`);
	if (!path.startsWith("/dev/"))
		throw malformed(`--${flag} ${typed}: bad format: the path of a device begins with /dev/`);
	const status = statusIfThere(path, AT_FDCWD, 0);
	if (!status) throw malformed(`--${flag} ${typed}: ${path}: no such device`);
	if ((status.mode & S_IFMT) !== S_IFBLK) throw malformed(`--${flag} ${typed}: ${path} is not a block device`);
	return [path, value];
}
