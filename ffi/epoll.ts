/** epoll(7), level-triggered: what a process of ours that serves many descriptors sleeps in. */

import { O_CLOEXEC } from "./constants.ts";
import { errno, SystemError } from "./errno.ts";
import { attempt, call } from "./system.ts";

export const EPOLLIN = 1;
export const EPOLLOUT = 4;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
/** struct epoll_event: packed on x86-64 only (include/uapi/linux/eventpoll.h). */
const SIZE = process.arch === "arm64" ? 16 : 12;
const DATA = SIZE - 8;
/** Events taken at once. */
const MOST = 256;

export class Epoll {
	private readonly fd = call("make an epoll", "epoll_create1", O_CLOEXEC);
	private readonly event = new Uint8Array(SIZE);
	private readonly eventView = new DataView(this.event.buffer);
	private readonly events = new Uint8Array(MOST * SIZE);
	private readonly view = new DataView(this.events.buffer);

	/** Watches a descriptor. @param events EPOLLIN, EPOLLOUT; hang-ups are always told */
	add(fd: number, events: number): void {
		this.control("watch a descriptor", EPOLL_CTL_ADD, fd, events);
	}

	change(fd: number, events: number): void {
		this.control("watch a descriptor", EPOLL_CTL_MOD, fd, events);
	}

	/** Before it is closed: a copy of it elsewhere would keep it watched. */
	remove(fd: number): void {
		this.control("watch a descriptor no longer", EPOLL_CTL_DEL, fd, 0);
	}

	/**
	 * Sleeps until something can be done.
	 * @param timeout milliseconds; -1: for ever
	 * @returns descriptors with their events; none when the time is over
	 */
	wait(timeout: number): [fd: number, events: number][] {
		const ready = attempt("epoll_pwait", this.fd, this.events, MOST, timeout, 0, 8);
		if (ready === -(errno.EINTR as number)) return [];
		if (ready < 0) throw new SystemError("wait for descriptors", -ready);
		const found: [number, number][] = [];
		for (let at = 0; at < ready * SIZE; at += SIZE)
			found.push([this.view.getInt32(at + DATA, true), this.view.getUint32(at, true)]);
		return found;
	}

	private control(what: string, operation: number, fd: number, events: number): void {
		this.eventView.setUint32(0, events, true);
		this.eventView.setInt32(DATA, fd, true);
		call(what, "epoll_ctl", this.fd, operation, fd, this.event);
	}
}
