/**
 * errno values, their names and meanings, and the error that carries one.
 * Source: include/uapi/asm-generic/errno-base.h and errno.h.
 */

/** errno values by name: `errno.ENOENT`. */
export const errno = {
	EPERM: 1,
	ENOENT: 2,
	ESRCH: 3,
	EINTR: 4,
	EIO: 5,
	ENXIO: 6,
	E2BIG: 7,
	ENOEXEC: 8,
	EBADF: 9,
	ECHILD: 10,
	EAGAIN: 11,
	ENOMEM: 12,
	EACCES: 13,
	EFAULT: 14,
	ENOTBLK: 15,
	EBUSY: 16,
	EEXIST: 17,
	EXDEV: 18,
	ENODEV: 19,
	ENOTDIR: 20,
	EISDIR: 21,
	EINVAL: 22,
	ENFILE: 23,
	EMFILE: 24,
	ENOTTY: 25,
	ETXTBSY: 26,
	EFBIG: 27,
	ENOSPC: 28,
	ESPIPE: 29,
	EROFS: 30,
	EMLINK: 31,
	EPIPE: 32,
	ERANGE: 34,
	EDEADLK: 35,
	ENAMETOOLONG: 36,
	ENOSYS: 38,
	ENOTEMPTY: 39,
	ELOOP: 40,
	ENODATA: 61,
	EPROTO: 71,
	EOVERFLOW: 75,
	EUSERS: 87,
	EMSGSIZE: 90,
	EPROTONOSUPPORT: 93,
	ESOCKTNOSUPPORT: 94,
	EOPNOTSUPP: 95,
	EAFNOSUPPORT: 97,
	EADDRINUSE: 98,
	EADDRNOTAVAIL: 99,
	ECONNABORTED: 103,
	ECONNRESET: 104,
	ENOBUFS: 105,
	ENOTCONN: 107,
	ETIMEDOUT: 110,
	ECONNREFUSED: 111,
	EINPROGRESS: 115,
	ESTALE: 116,
	EDQUOT: 122,
} as const;

/** A name of `errno`. */
export type ErrnoName = keyof typeof errno;

/** A function, since only a failure reads it and every command would build it. */
const meanings = (): Record<ErrnoName, string> => ({
	EPERM: "operation not permitted",
	ENOENT: "no such file or directory",
	ESRCH: "no such process",
	EINTR: "interrupted system call",
	EIO: "input/output error",
	ENXIO: "no such device or address",
	E2BIG: "argument list too long",
	ENOEXEC: "exec format error",
	EBADF: "bad file descriptor",
	ECHILD: "no child processes",
	EAGAIN: "resource temporarily unavailable",
	ENOMEM: "cannot allocate memory",
	EACCES: "permission denied",
	EFAULT: "bad address",
	ENOTBLK: "block device required",
	EBUSY: "device or resource busy",
	EEXIST: "file exists",
	EXDEV: "invalid cross-device link",
	ENODEV: "no such device",
	ENOTDIR: "not a directory",
	EISDIR: "is a directory",
	EINVAL: "invalid argument",
	ENFILE: "too many open files in system",
	EMFILE: "too many open files",
	ENOTTY: "inappropriate ioctl for device",
	ETXTBSY: "text file busy",
	EFBIG: "file too large",
	ENOSPC: "no space left on device",
	ESPIPE: "illegal seek",
	EROFS: "read-only file system",
	EMLINK: "too many links",
	EPIPE: "broken pipe",
	ERANGE: "numerical result out of range",
	EDEADLK: "resource deadlock avoided",
	ENAMETOOLONG: "file name too long",
	ENOSYS: "function not implemented",
	ENOTEMPTY: "directory not empty",
	ELOOP: "too many levels of symbolic links",
	ENODATA: "no data available",
	EPROTO: "protocol error",
	EOVERFLOW: "value too large for defined data type",
	EUSERS: "too many users",
	EMSGSIZE: "message too long",
	EPROTONOSUPPORT: "protocol not supported",
	ESOCKTNOSUPPORT: "socket type not supported",
	EOPNOTSUPP: "operation not supported",
	EAFNOSUPPORT: "address family not supported by protocol",
	EADDRINUSE: "address already in use",
	EADDRNOTAVAIL: "cannot assign requested address",
	ECONNABORTED: "software caused connection abort",
	ECONNRESET: "connection reset by peer",
	ENOBUFS: "no buffer space available",
	ENOTCONN: "transport endpoint is not connected",
	ETIMEDOUT: "connection timed out",
	ECONNREFUSED: "connection refused",
	EINPROGRESS: "operation now in progress",
	ESTALE: "stale file handle",
	EDQUOT: "disk quota exceeded",
});

function known(number: number): ErrnoName | undefined {
	return (Object.keys(errno) as ErrnoName[]).find((name) => errno[name] === number);
}

/** `2` → `ENOENT (no such file or directory)`. */
export function errnoText(number: number): string {
	const name = known(number);
	return name ? `${name} (${meanings()[name]})` : `errno ${number}`;
}

/** `2` → `ENOENT`; a number without a name here → `E<number>`. */
export function errnoName(number: number): string {
	return known(number) ?? `E${number}`;
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
