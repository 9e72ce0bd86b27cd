/**
 * errno values, their names and meanings, and the error that carries one.
 * Source: include/uapi/asm-generic/errno-base.h and errno.h.
 */

const ERRNO: Record<number, readonly [name: string, meaning: string]> = {
	1: ["EPERM", "operation not permitted"],
	2: ["ENOENT", "no such file or directory"],
	3: ["ESRCH", "no such process"],
	4: ["EINTR", "interrupted system call"],
	5: ["EIO", "input/output error"],
	6: ["ENXIO", "no such device or address"],
	7: ["E2BIG", "argument list too long"],
	8: ["ENOEXEC", "exec format error"],
	9: ["EBADF", "bad file descriptor"],
	10: ["ECHILD", "no child processes"],
	11: ["EAGAIN", "resource temporarily unavailable"],
	12: ["ENOMEM", "cannot allocate memory"],
	13: ["EACCES", "permission denied"],
	14: ["EFAULT", "bad address"],
	16: ["EBUSY", "device or resource busy"],
	17: ["EEXIST", "file exists"],
	18: ["EXDEV", "invalid cross-device link"],
	19: ["ENODEV", "no such device"],
	20: ["ENOTDIR", "not a directory"],
	21: ["EISDIR", "is a directory"],
	22: ["EINVAL", "invalid argument"],
	23: ["ENFILE", "too many open files in system"],
	24: ["EMFILE", "too many open files"],
	25: ["ENOTTY", "inappropriate ioctl for device"],
	26: ["ETXTBSY", "text file busy"],
	27: ["EFBIG", "file too large"],
	28: ["ENOSPC", "no space left on device"],
	29: ["ESPIPE", "illegal seek"],
	30: ["EROFS", "read-only file system"],
	31: ["EMLINK", "too many links"],
	32: ["EPIPE", "broken pipe"],
	34: ["ERANGE", "numerical result out of range"],
	35: ["EDEADLK", "resource deadlock avoided"],
	36: ["ENAMETOOLONG", "file name too long"],
	38: ["ENOSYS", "function not implemented"],
	39: ["ENOTEMPTY", "directory not empty"],
	40: ["ELOOP", "too many levels of symbolic links"],
	61: ["ENODATA", "no data available"],
	71: ["EPROTO", "protocol error"],
	75: ["EOVERFLOW", "value too large for defined data type"],
	87: ["EUSERS", "too many users"],
	90: ["EMSGSIZE", "message too long"],
	95: ["EOPNOTSUPP", "operation not supported"],
	98: ["EADDRINUSE", "address already in use"],
	99: ["EADDRNOTAVAIL", "cannot assign requested address"],
	103: ["ECONNABORTED", "software caused connection abort"],
	104: ["ECONNRESET", "connection reset by peer"],
	105: ["ENOBUFS", "no buffer space available"],
	107: ["ENOTCONN", "transport endpoint is not connected"],
	110: ["ETIMEDOUT", "connection timed out"],
	111: ["ECONNREFUSED", "connection refused"],
	116: ["ESTALE", "stale file handle"],
	122: ["EDQUOT", "disk quota exceeded"],
};

const NUMBERS = Object.fromEntries(Object.entries(ERRNO).map(([number, [name]]) => [name, Number(number)]));

/** errno values by name: `errno.ENOENT`. */
export const errno = NUMBERS as Record<string, number>;

/** `2` → `ENOENT (no such file or directory)`. */
export function errnoText(number: number): string {
	const known = ERRNO[number];
	return known ? `${known[0]} (${known[1]})` : `errno ${number}`;
}

/** `2` → `ENOENT`; a number without a name here → `E<number>`. */
export function errnoName(number: number): string {
	return ERRNO[number]?.[0] ?? `E${number}`;
}

/** A system call that failed: the call, what it was done to, the errno. */
export class SystemError extends Error {
	override name = "SystemError";

	/**
	 * @param what what was being done, with its object: `open /var/lib/bunker/lock`
	 * @param errno the positive errno
	 */
	constructor(
		readonly what: string,
		readonly errno: number,
	) {
		super(`${what}: ${errnoText(errno)}`);
	}

	/** `ENOENT` */
	get code(): string {
		return errnoName(this.errno);
	}
}
