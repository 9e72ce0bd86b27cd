/** What a volume may be called, and made with (moby, daemon/volume/local). Pure. */

import { Failure } from "../failure.ts";
import { parseBinarySize } from "../size.ts";
import { isBind, wordsOf } from "./source.ts";

/** A name becomes a directory's. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** NAME_MAX */
const LONGEST = 255;

/** Which options of the driver `local` need which others. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
	type: ["device"],
	device: ["type"],
	o: ["device", "type"],
	size: [],
};

/** True of what can be the name of a volume. */
export const isName = (name: string): boolean => NAME.test(name) && name.length <= LONGEST;

/** @throws Failure for a name that is none, and for options that the driver `local` has not */
export function checkVolume({
	name,
	options = {},
}: {
	name: string;
	options?: Readonly<Record<string, string>>;
}): void {
	const reason = wrongName(name) ?? wrongOptions(options);
	if (reason !== undefined) throw new Failure(`create ${name}: ${reason}`);
}

function wrongName(name: string): string | undefined {
	if (name.length === 1) return "volume name is too short, names should be at least two alphanumeric characters";
	if (name.length > LONGEST) return `volume name is too long, names have at most ${LONGEST} characters`;
	if (NAME.test(name)) return undefined;
	return `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed; a directory of the host is named by its absolute path`;
}

function wrongOptions(options: Readonly<Record<string, string>>): string | undefined {
	for (const option of Object.keys(options)) {
		const needed = Object.hasOwn(NEEDED, option) ? NEEDED[option] : undefined;
		if (!needed) return `invalid option: "${option}": the driver local has ${Object.keys(NEEDED).join(", ")}`;
		const missing = needed.find((other) => !Object.hasOwn(options, other));
		if (missing !== undefined) return `missing required option: "${missing}"`;
	}
	return wrongBind(options) ?? wrongSize(options);
}

/** A directory of the host, `type=none device=/srv o=bind`: what else there is of mount(8) would be passed over. */
function wrongBind({ device = "", o }: Readonly<Record<string, string>>): string | undefined {
	const words = wordsOf(o);
	if (!isBind(words)) return undefined;
	if (!device.startsWith("/")) return `device=${device}: an absolute path is expected with o=${o}`;
	const other = words.find((word) => !["bind", "rbind", "ro", "rw"].includes(word));
	return other && `o=${o}: with bind there are ro and rw, but no ${other}`;
}

/** What has a type is a file system of its own, whose size is not ours to limit. */
function wrongSize({ size, type }: Readonly<Record<string, string>>): string | undefined {
	if (size === undefined) return undefined;
	const bytes = parseBinarySize(size);
	if (bytes === undefined) return `invalid size: '${size}'`;
	if (bytes === 0 || type === undefined) return undefined;
	return `size=${size}: a volume with a type cannot be limited; one of type=tmpfs device=tmpfs has o=size=${size}`;
}
