/** What is copied, from where to where, and how. */

/** One end of a copy: a name in a directory. */
export interface Spot {
	/** descriptor of the directory, O_PATH is enough */
	directory: number;
	/** one component, as ffi/text.ts makes it of bytes; "." for the directory itself, which keeps its own owner and mode */
	name: string;
	/** for errors, as the user knows it: `web:/etc/hosts` */
	path: string;
}

export interface PackOptions {
	/** true for a directory, by its descriptor, where another file system begins that is left out: its content is not copied */
	leavesOut?: (directory: number) => boolean;
}

export interface CopyOptions extends PackOptions {
	/** `-a`: owners, user.* attributes and access lists are kept; else what is made is its copier's, root's in a container */
	archive: boolean;
}

/** What is more than one name would be resolved by the kernel, links and all. @throws Error: a mistake of the caller's */
export function checkSpot({ name, path }: Spot): void {
	if (name === "" || name === ".." || name.includes("/"))
		throw new Error(`${path}: ${JSON.stringify(name)} is no name in a directory`);
}
