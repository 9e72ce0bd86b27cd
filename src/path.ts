/** Paths by their text: nothing is asked of a file system. */

/** An absolute path without `.`, `..` and empty parts. */
export function clean(path: string): string {
	const parts: string[] = [];
	for (const part of path.split("/")) {
		if (part === "..") parts.pop();
		else if (part !== "" && part !== ".") parts.push(part);
	}
	return `/${parts.join("/")}`;
}
