/**
 * Platforms: `os[/arch[/variant]]`, as containerd's platforms.Parse reads them,
 * and which image is of which. An image here has one; docker without
 * containerd's image store says as we do where it is another than was asked for.
 */

import { Failure } from "../failure.ts";
import { architecture, type ImageConfig } from "./config.ts";

/** In Go's words. */
export interface Platform {
	os: string;
	architecture: string;
	variant?: string;
}

/** containerd, platforms/database.go: isKnownOS, isKnownArch. */
const SYSTEMS =
	/^(aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|solaris|windows|zos)$/;
const ARCHITECTURES =
	/^(386|amd64|amd64p32|arm|armbe|arm64|arm64be|ppc64|ppc64le|loong64|mips|mipsle|mips64|mips64le|mips64p32|mips64p32le|ppc|riscv|riscv64|s390|s390x|sparc|sparc64|wasm)$/;

/** Other names of architectures, some with a variant in them (normalizeArch). */
const ALIASES: Record<string, [architecture: string, variant?: string]> = {
	i386: ["386"],
	x86_64: ["amd64"],
	"x86-64": ["amd64"],
	aarch64: ["arm64"],
	armhf: ["arm", "v7"],
	armel: ["arm", "v6"],
};

/** What no variant means. */
const USUAL: Record<string, string> = { amd64: "v1", arm64: "v8", arm: "v7" };

/** What a machine of this architecture runs besides its own (containerd, platforms/compare.go: platformVector). */
const RUNS_TOO: Record<string, string> = { amd64: "386", arm64: "arm" };

/**
 * Reads a platform.
 * @throws Failure for what is none
 */
export function parsePlatform(text: string): Platform {
	const invalid = (why: string) => new Failure(`invalid platform: ${JSON.stringify(text)}: ${why}`);
	const parts = text.split("/");
	if (parts.length > 3) throw invalid("cannot parse platform specifier");
	const wrong = parts.find((part) => !/^[A-Za-z0-9_.-]+$/.test(part));
	if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong)} is an invalid component`);
	const [first = "", second, third] = parts.map((part) => part.toLowerCase());
	const os = first === "macos" ? "darwin" : first;
	if (second !== undefined) return { os, ...normalized(second, third) };
	if (SYSTEMS.test(os)) return { os, architecture: architecture() };
	const machine = normalized(first);
	if (!ARCHITECTURES.test(machine.architecture)) throw invalid("unknown operating system or architecture");
	return { os: "linux", ...machine };
}

function normalized(typed: string, said = ""): Omit<Platform, "os"> {
	const [architecture, implied] = Object.hasOwn(ALIASES, typed) ? (ALIASES[typed] as [string, string?]) : [typed];
	const variant = implied ?? (/^\d$/.test(said) ? `v${said}` : said);
	return variant === "" || (architecture === "amd64" && variant === "v1")
		? { architecture }
		: { architecture, variant };
}

/** The platform of an image. */
export const platformOf = ({ os, architecture, variant }: ImageConfig): Platform => ({
	os: os || "linux",
	...normalized(architecture, variant),
});

/** True if an image of a platform is what is meant by another, or runs there. */
export function fits(found: Platform, wanted: Platform): boolean {
	if (found.os !== wanted.os) return false;
	if (found.architecture === RUNS_TOO[wanted.architecture]) return true;
	return found.architecture === wanted.architecture && variantOf(found) === variantOf(wanted);
}

const variantOf = ({ architecture, variant }: Platform): string => variant ?? USUAL[architecture] ?? "";

/** `linux/arm64/v9` */
export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
	[os, architecture, variant].filter((part) => part !== undefined).join("/");

/** docker's error for an image that is of another platform (moby, daemon/images/image.go: GetImage). @throws Failure */
export function requireFit(name: string, config: ImageConfig, wanted: Platform): void {
	const found = platformOf(config);
	if (fits(found, wanted)) return;
	const [is, asked] = [formatPlatform(found), formatPlatform(wanted)];
	throw new Failure(
		`image with reference ${name} was found but its platform (${is}) does not match the specified platform (${asked})`,
	);
}
