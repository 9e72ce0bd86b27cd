/** A file, or a tree, as an archive. */

import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { Listing } from "../../ffi/listing.ts";
import { reopen } from "../../ffi/reopen.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt, nameOf } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { Found } from "../tar/found.ts";
import { Packer } from "../tar/packer.ts";
import { Sink, type Target } from "../tar/sink.ts";
import { isLeftOut } from "./crossing.ts";
import { Ladder } from "./ladder.ts";
import { checkSpot, type PackOptions, type Spot } from "./spot.ts";

/**
 * Writes an archive of what is at a spot, in the order of names. Owners,
 * attributes and names of one file are in it; sockets are left out, and what
 * goes away meanwhile.
 * @param as what the topmost member is called; "." where it has no name
 * @throws Failure where it is a socket; SystemError
 */
export function packTree(from: Spot, as: string, target: Target, options: PackOptions = {}): void {
	checkSpot(from);
	using packing = new Packing(from, new Packer(new Sink(target)), options);
	packing.pack(as);
}

/** A directory whose content is being packed. */
interface Level {
	stat: Stat;
	/** the path of its members, up to and with the slash */
	prefix: string;
	/** those that are left, the next one last */
	names: string[];
}

const PIN = O_PATH | O_NOFOLLOW | O_CLOEXEC;
const GONE = -(errno.ENOENT as number);

class Packing implements Disposable {
	private readonly levels: Level[] = [];
	private readonly ladder: Ladder;
	/** of the member that is packed just now */
	private path = "";

	constructor(
		private readonly from: Spot,
		private readonly packer: Packer,
		private readonly options: PackOptions,
	) {
		this.ladder = new Ladder(() => `${from.path} (${this.path})`);
	}

	pack(as: string): void {
		const { from, levels, packer } = this;
		this.path = as;
		this.add(from.directory, from.name);
		if (packer.members === 0) throw new Failure(`cannot copy ${from.path}: it is a socket`);
		for (let level = levels[levels.length - 1]; level; level = levels[levels.length - 1]) {
			const name = level.names.pop();
			if (name === undefined) this.leave();
			else {
				this.path = level.prefix + name;
				this.add(this.ladder.fd, name);
			}
		}
		packer.end();
	}

	private add(directory: number, name: string): void {
		const pin = attempt("openat", directory, nameOf(name), PIN);
		if (pin === GONE && this.levels.length > 0) return;
		this.check(pin, "open");
		using found = new Found(pin);
		if (found.isWhiteout) return;
		this.packer.add(found, this.path);
		if (found.isDirectory) this.enter(pin);
	}

	private enter(pin: number): void {
		const fd = reopen(pin, O_RDONLY | O_DIRECTORY);
		this.check(fd, "open");
		this.ladder.down(fd);
		const stat = new Stat();
		this.check(stat.of(fd), "look at");
		const above = this.levels[this.levels.length - 1]?.stat;
		const names = isLeftOut(fd, stat, above, this.options) ? [] : namesIn(fd, () => `list ${this.path}`);
		this.levels.push({ stat, prefix: `${this.path}/`, names: names.sort().reverse() });
	}

	private leave(): void {
		this.levels.pop();
		this.ladder.up();
	}

	private check(result: number, what: string): void {
		if (result < 0) throw new SystemError(`${what} ${this.path} of ${this.from.path}`, -result);
	}

	[Symbol.dispose](): void {
		this.ladder[Symbol.dispose]();
	}
}

function namesIn(fd: number, what: () => string): string[] {
	const names: string[] = [];
	for (const listing = Listing.of(fd, what); listing.advance(); ) names.push(decodeText(listing.name));
	return names;
}
