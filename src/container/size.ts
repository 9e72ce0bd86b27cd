/** How many bytes a container has written: the files of its upper layer (docker's SizeRw). */

import { bytesBelow } from "../../ffi/bytes.ts";
import type { Store } from "../kernel/store.ts";
import { containerDirectory } from "../places.ts";

/** The bytes of all files in the upper layer; a file of several names counts once. 0 with --rootfs. */
export const writtenBytes = (store: Store, id: string): number =>
	bytesBelow(`${containerDirectory(store.places, id)}/upper`);
