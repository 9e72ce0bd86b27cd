/** Paths of the host as they are typed. */

/** Made absolute and clean, as Go's filepath.Abs does: `.` and `..` go by the text, links are not asked. */
export function absolute(path: string): string {
	return clean(path.startsWith("/") ? path : `${process.cwd()}/${path}`);
}

/** An absolute path without `.`, `..` and empty parts. */
export function clean(path: string): string {
	const parts: string[] = [];
	for (const part of path.split("/")) {
		if (part === "..") parts.pop();
		else if (part !== "" && part !== ".") parts.push(part);
	}
	return `/${parts.join("/")}`;
}
