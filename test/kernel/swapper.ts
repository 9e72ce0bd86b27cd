/** Somebody hostile: exchanges pairs of names as fast as it can, until it is killed. Says `ready` first. A B [C D …] */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { attempt, pathBytes } from "../../ffi/system.ts";

const RENAME_EXCHANGE = 2;
const names = process.argv.slice(2).map((name) => pathBytes(name));
const swap = () => {
	for (let at = 0; at < names.length; at += 2) {
		const [a, b] = [names[at] as Uint8Array, names[at + 1] as Uint8Array];
		const result = attempt("renameat2", AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
		// ENOENT: somebody else is just replacing one of them.
		if (result < 0 && result !== -2) throw new Error(`exchange ${process.argv.slice(2)}: errno ${-result}`);
	}
};
swap();
swap();
console.log("ready");
for (;;) swap();
