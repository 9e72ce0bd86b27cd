/**
 * Copying files and trees between directories that are open, and archives: the
 * face of this folder. Either end may be a container's, which somebody who is
 * not trusted changes meanwhile: every name is opened below the descriptor of
 * its directory, never through a link, so nothing leads out of where it began.
 */

/** One end of a copy: a name in a directory. */
export interface Spot {
	/** descriptor of the directory, O_PATH is enough */
	directory: number;
	/** one component; "." for the directory itself */
	name: string;
	/** for errors, as the user knows it: `web:/etc/hosts` */
	path: string;
}

export interface CopyOptions {
	/** `-a`: owners are kept; else what is made is its copier's, root's in a container */
	archive: boolean;
}
