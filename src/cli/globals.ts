/** The flags that stand before the verb. */

import { bool, type Flags, string } from "../flags/flags.ts";

export const globals = {
	root: string("", "where images and containers are kept", { completes: "directory" }),
	"run-root": string("", "where what is true until the next boot is kept", { completes: "directory" }),
	version: bool("v", "print the version and exit"),
} satisfies Flags;
