/** A path of a copy: clean, and what was typed at its end. */

export interface TypedPath {
	/** as the user has it */
	typed: string;
	/** absolute, without `.`, `..` and empty parts */
	path: string;
	/**
	 * What stood at its end: `dir/` is a directory, or the directory that a link
	 * leads to, `dir/.` what is in it; nothing for `/`, which is all of that.
	 */
	trail: "" | "/" | "/.";
}

/** `/a/b` → `b`; "" for `/` */
export const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** `/a/b` → `/a` */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
