/** Device numbers, as mknodat(2) takes them. */

/**
 * include/linux/kdev_t.h, new_encode_dev.
 * @throws Error where a number is larger than a device's can be
 */
export function encodeDevice(major: number, minor: number): number {
	const fits = major >= 0 && major <= 0xfff && minor >= 0 && minor <= 0xfffff;
	if (!fits) throw new Error(`a device number out of range, ${major}:${minor}`);
	return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
