/** `info`: what bunker sees of this host, how it is configured, and what it does not do yet. */

import { STDERR, STDOUT, writeOut } from "../../ffi/output.ts";
import { architecture } from "../flags/build.ts";
import type { Config } from "../flags/config.ts";
import { string } from "../flags/flags.ts";
import { formatBinarySize } from "../text/size.ts";
import { cgroupVersion } from "./host.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: { format: string("f", "print with a Go template, or 'json' in one line") },
	examples: ["info", "info -f '{{.Driver}} {{.CgroupVersion}}'"],
	async run({ values, config, open }) {
		const print = values.format ? await printer(values.format) : undefined;
		const store = await open();
		const { systemInfo } = await import("./system-info.ts");
		const configured = await config();
		const info = await systemInfo(store, configured);
		if (print) {
			writeOut(STDOUT, `${print(info)}\n`);
			return 0;
		}
		writeOut(STDOUT, `${[...lines(info, store.places.runRoot), ...configuration(configured, info)].join("\n")}\n`);
		for (const warning of info.Warnings) writeOut(STDERR, `${warning}\n`);
		return 0;
	},
});

type Info = Awaited<ReturnType<typeof import("./system-info.ts").systemInfo>>;

async function printer(format: string): Promise<(info: Info) => string> {
	const { parseDetails } = await import("../template/details.ts");
	const { infoShape } = await import("./system-shape.ts");
	const print = parseDetails(format === "json" ? "{{json .}}" : format);
	return (info) => print(info, infoShape);
}

function lines(info: Info, runRoot: string): string[] {
	return [
		`Containers: ${info.Containers}`,
		` Running: ${info.ContainersRunning}`,
		` Paused: ${info.ContainersPaused}`,
		` Stopped: ${info.ContainersStopped}`,
		`Images: ${info.Images}`,
		`Bunker Version: ${info.ServerVersion}`,
		`Storage Driver: ${info.Driver}`,
		`Logging Driver: ${info.LoggingDriver}`,
		`Cgroup Driver: ${info.CgroupDriver}`,
		`Cgroup Version: ${cgroupVersion()}`,
		"Security Options: the default capabilities, masked and read-only paths, no seccomp filter",
		`Network Drivers: ${info.Plugins.Network.join(" ")}`,
		...poolLines(info.DefaultAddressPools ?? []),
		`Kernel Version: ${info.KernelVersion}`,
		`Operating System: ${info.OperatingSystem}`,
		`OS/Arch: linux/${architecture}`,
		`CPUs: ${info.NCPU}`,
		`Total Memory: ${formatBinarySize(info.MemTotal)}`,
		`Name: ${info.Name}`,
		`Root Dir: ${info.DockerRootDir}`,
		`Run Dir: ${runRoot}`,
	];
}

/** As docker prints them, where any are configured. */
const poolLines = (pools: NonNullable<Info["DefaultAddressPools"]>): string[] =>
	pools.length > 0
		? ["Default Address Pools:", ...pools.map(({ Base, Size }) => `  Base: ${Base}, Size: ${Size}`)]
		: [];

/** Every key, so that nobody has to guess what holds. */
function configuration(config: Config, info: Info): string[] {
	const keys = Object.keys(info.Configuration) as (keyof Config)[];
	return ["Configuration:", ...keys.map((key) => ` ${key}: ${shown(config[key])}`)];
}

function shown(value: Config[keyof Config]): string {
	if (value === undefined) return "(default)";
	return typeof value === "string" ? value : JSON.stringify(value);
}
