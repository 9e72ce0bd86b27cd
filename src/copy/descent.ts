/** Two trees walked together, the source's and the one that is made: directory by directory, down and up again. */

import { O_CLOEXEC, O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { errno, SystemError } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { Listing } from "../../ffi/listing.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { decodeText } from "../../ffi/text.ts";
import { Failure } from "../failure.ts";
import { isLeftOut } from "./crossing.ts";
import { DIRECTORY, Ladder } from "./ladder.ts";
import { finish, imposes, type Owner, ownerOf } from "./metadata.ts";
import type { Place } from "./place.ts";
import { intoItself, refuseInside } from "./self.ts";
import type { CopyOptions, Spot } from "./spot.ts";
import { Step } from "./step.ts";

/** A directory that is being copied. */
export interface Level {
	/** the source's */
	stat: Stat;
	listing: Listing;
	step: Step;
	/** where its next entry goes */
	place: Place;
	/** undefined: as it is */
	owner: Owner | undefined;
	/** it has an access list of the directory's above */
	imposed: boolean;
	/** it takes the source's mode and times */
	isOurs: boolean;
}

/** Nobody else looks into it before it is whole. */
const WHILE_FILLED = 0o700;
const EEXIST = -(errno.EEXIST as number);
const NOT_ONE = [errno.ENOTDIR, errno.ELOOP].map((number) => -number);
const TOP = new Step(undefined, new Uint8Array(0));

export class Descent implements Disposable {
	private readonly levels: Level[] = [];
	private readonly sources: Ladder;
	private readonly targets: Ladder;
	/** what the topmost directory of the target is, and a descriptor of it that stays open */
	private readonly top = new Stat();
	base = -1;
	private readonly target = new Stat();

	constructor(
		private readonly from: Spot,
		private readonly to: Spot,
		private readonly options: CopyOptions,
	) {
		this.sources = new Ladder(() => this.pathBelow(this.from));
		this.targets = new Ladder(() => this.pathBelow(this.to));
	}

	/** The directory we are in; undefined above the topmost. */
	get level(): Level | undefined {
		return this.levels[this.levels.length - 1];
	}

	get source(): number {
		return this.sources.fd;
	}

	/** The path of the entry that is copied just now. */
	pathBelow(spot: Spot): string {
		const { level } = this;
		if (level === undefined) return spot.path;
		const top = spot.path.endsWith("/") ? spot.path.slice(0, -1) : spot.path;
		return `${top}${level.step.text()}/${decodeText(level.listing.name)}`;
	}

	/**
	 * Goes into a directory, and into the one that is made or there at a place.
	 * @param source is ours from now on
	 */
	enter(source: number, place: Place): void {
		const above = this.level;
		const stat = new Stat();
		this.sources.down(source);
		this.check(stat.of(source), "look at", this.from);
		if (above === undefined) refuseInside(stat, this.from, this.to);
		else if (stat.isNumbered(this.top) && this.isTop(stat)) throw intoItself(this.from, this.to);
		const made = attempt("mkdirat", place.directory, place.name, WHILE_FILLED);
		if (made !== EEXIST) this.check(made, "make", this.to);
		this.open(place);
		if (above === undefined) this.anchor(this.targets.fd);
		if (this.target.isSame(stat)) throw intoItself(this.from, this.to);
		const step = above === undefined ? TOP : new Step(above.step, above.listing.name);
		const listing = isLeftOut(source, stat, above?.stat, this.options)
			? Listing.empty
			: Listing.of(source, () => `list ${this.pathBelow(this.from)}`);
		this.levels.push({
			stat,
			listing,
			step,
			place: this.inside(),
			owner: made === 0 ? ownerOf(this.options, stat, place.imposing) : this.options.archive ? stat : undefined,
			imposed: made === 0 && place.imposing,
			isOurs: above !== undefined || this.to.name !== ".",
		});
	}

	/** Goes up again: only now does the directory get what making names in it would change, or would have been in the way. */
	leave(): void {
		const { stat, owner, imposed, isOurs } = this.levels.pop() as Level;
		const [source, target] = [this.sources.fd, this.targets.fd];
		const path = () => this.pathBelow(this.to);
		if (isOurs) finish(this.options, { source, target, stat, owner, hasMode: false, imposed, path });
		this.sources.up();
		this.targets.up();
		const { level } = this;
		if (level) level.place.directory = this.targets.fd;
	}

	private open(place: Place): void {
		const target = attempt("openat", place.directory, place.name, DIRECTORY);
		if (NOT_ONE.includes(target)) {
			const [to, from] = [this.pathBelow(this.to), this.pathBelow(this.from)];
			throw new Failure(`cannot overwrite non-directory "${to}" with directory "${from}"`);
		}
		this.check(target, "open", this.to);
		this.targets.down(target);
		this.check(this.target.of(target), "look at", this.to);
	}

	private inside(): Place {
		const directory = this.targets.fd;
		return { directory, name: 0, imposing: imposes(directory), path: () => this.pathBelow(this.to) };
	}

	/** In a container's root it is that of an overlay, on the host it may be met in the upper layer. */
	private isTop(source: Stat): boolean {
		this.check(this.top.of(this.base), "look at", this.to);
		return source.isSame(this.top) || source.isAlias(this.top);
	}

	private anchor(target: number): void {
		this.top.of(target);
		this.base = attempt("openat", target, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		this.check(this.base, "open", this.to);
	}

	private check(result: number, what: string, spot: Spot): void {
		if (result < 0) throw new SystemError(`${what} ${this.pathBelow(spot)}`, -result);
	}

	[Symbol.dispose](): void {
		this.sources[Symbol.dispose]();
		this.targets[Symbol.dispose]();
		if (this.base >= 0) close(this.base);
	}
}
