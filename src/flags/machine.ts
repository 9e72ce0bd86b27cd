/** What there is one of here, or none: --pull, --platform, --runtime, --gpus. */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { statusIfThere } from "../../ffi/file.ts";
import { architecture } from "./build.ts";
import { bool, string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const machineFlags = {
	gpus: string("", "give it GPUs: not yet"),
	platform: string("", "the platform of the image: this machine's, or it is refused"),
	pull: string("", "missing or never: there are no registries yet", {
		standard: "missing",
		completes: ["always", "missing", "never"],
	}),
	quiet: bool("q", "print nothing of a pull"),
	runtime: string("", "bunker: it is the runtime", { standard: "bunker" }),
};

/** @throws Failure (125) for what is not here. @returns the platform, as typed */
export function checkMachine(values: Values<typeof machineFlags>): { platform?: string } {
	checkPull(values.pull);
	checkPlatform(values.platform);
	if (values.runtime && values.runtime !== "bunker")
		throw malformed(`unknown or invalid runtime name: ${values.runtime}: bunker is the runtime, and the only one`);
	if (values.gpus) throw malformed(`--gpus ${values.gpus}: ${gpuReason()}`);
	return { platform: values.platform || undefined };
}

function checkPull(pull: string | undefined): void {
	if (!pull || pull === "missing" || pull === "never") return;
	if (pull === "always") throw malformed("--pull=always is not supported yet (registries: pull, push)");
	throw malformed(`invalid pull option: '${pull}': must be one of "always", "missing" or "never"`);
}

/** Names that others have for ours (containerd, platforms/database.go). */
const ARCHITECTURES: Record<string, string> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };

/** `linux`, `amd64`, `linux/amd64`, `linux/arm64/v8` */
function checkPlatform(platform: string | undefined): void {
	if (!platform) return;
	const parts = platform.toLowerCase().split("/");
	const [system, machine, variant] = parts.length === 1 && parts[0] !== "linux" ? ["linux", ...parts] : parts;
	const named = machine === undefined ? architecture : (ARCHITECTURES[machine] ?? machine);
	const ours = variant === undefined || variant === (architecture === "arm64" ? "v8" : "v1");
	if (system === "linux" && named === architecture && ours && parts.length <= 3) return;
	throw malformed(`--platform ${platform} is not supported: this machine is linux/${architecture}`);
}

function gpuReason(): string {
	const there = statusIfThere("/dev/nvidiactl", AT_FDCWD, 0) !== undefined;
	return there ? "not supported yet (devices)" : "this host has no GPU that a container could be given";
}
