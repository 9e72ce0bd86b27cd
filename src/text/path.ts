/** Paths of the host as they are typed. */

import { clean } from "../path.ts";

/** Made absolute and clean, as Go's filepath.Abs does: `.` and `..` go by the text, links are not asked. */
export function absolute(path: string): string {
	return clean(path.startsWith("/") ? path : `${process.cwd()}/${path}`);
}
