/**
 * Binds that share what is mounted in them with the host, in one direction or
 * both: whether their source can, as docker asks, and whether nothing of the
 * container's own would be mounted on the host that way, and stay there.
 */

import { O_PATH } from "../../ffi/constants.ts";
import { closing, open, readFile } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import { kernelsOf, type Mount, type Spec } from "../runtime/runtime.ts";

const isShared = ({ options }: Mount): boolean => options.includes("shared") || options.includes("rshared");
const isSlave = ({ options }: Mount): boolean => options.includes("slave") || options.includes("rslave");

/**
 * Checks what the binds of a container share.
 * @throws Failure (125) in docker's words (moby, daemon/oci_linux.go: ensureShared, ensureSharedOrSlave)
 */
export function checkPropagation(spec: Pick<Spec, "mounts" | "linux" | "process">): void {
	for (const mount of spec.mounts) {
		if (!isShared(mount) && !isSlave(mount)) continue;
		const { point, tags } = mountOf(mount.source);
		const wanted = isShared(mount) ? ["shared"] : ["shared", "master"];
		const where = `path ${mount.source} is mounted on ${point} but it is not a`;
		if (!tags.some((tag) => wanted.includes(tag)))
			throw refuse(`${where} ${isShared(mount) ? "shared" : "shared or slave"} mount`);
		if (isShared(mount)) keepFromHost(spec, mount);
	}
}

/** What is mounted in a shared mount is mounted on the host, too, and does not go with the container's namespace. */
function keepFromHost({ mounts, linux, process }: Pick<Spec, "mounts" | "linux" | "process">, shared: Mount): void {
	const own = [
		...mounts.filter(isOnTop).map(({ destination }) => destination),
		...linux.maskedPaths,
		...linux.readonlyPaths,
		...(process.terminal ? ["/dev/console"] : []),
	];
	const [below] = own.filter((path) => path.startsWith(`${shared.destination}/`));
	if (below === undefined) return;
	throw refuse(
		`mount ${below} in ${shared.destination}: this is shared with ${shared.source}, where it would be mounted on the host, too, and stay`,
	);
}

/** What is not in a file system of the kernel's before anything else is. */
const isOnTop = ({ type, destination }: Mount): boolean => type === "bind" || kernelsOf(destination) === undefined;

const refuse = (message: string) => new Failure(message, { exitCode: EXIT.refused });

/** The mount that a path lies on: where that is, and what it is shared with (proc_pid_mountinfo(5), optional fields). */
function mountOf(path: string): { point: string; tags: string[] } {
	using file = closing(open(path, O_PATH));
	const id = /^mnt_id:\s*(\d+)/m.exec(text(`/proc/self/fdinfo/${file.fd}`))?.[1];
	for (const line of text("/proc/self/mountinfo").split("\n")) {
		const fields = line.split(" ");
		if (fields[0] !== id) continue;
		const tags = fields.slice(6, fields.indexOf("-")).map((tag) => tag.split(":")[0] as string);
		return { point: unescaped(fields[4] as string), tags };
	}
	throw refuse(`can't find mount point of ${path}`);
}

const text = (path: string): string => decodeText(readFile(path));

/** The kernel writes blanks and the like as `\040`. */
const unescaped = (field: string): string =>
	field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
