/** Restart policies: docker's rules and delays, and the flag. */

import { describe, expect, test } from "bun:test";
import { delayAfter, type History, remainingDelay, restartRule, startsAtBoot } from "../../src/container/policy.ts";
import { parseRestart } from "../../src/flags/restarting.ts";

type Name = "no" | "on-failure" | "always" | "unless-stopped";

const history = (name: Name | undefined, change: Partial<History> = {}, maximumRetries = 0): History => ({
	options: name === undefined ? {} : { restart: { name, maximumRetries } },
	restarts: 0,
	restartDelay: 0,
	stopped: false,
	...change,
});

describe("a restart policy", () => {
	test("whose waiter was killed waits for the rest of the delay, and not longer where the clock was set back", () => {
		expect(remainingDelay(10_000, 800, 10_300)).toBe(500);
		expect(remainingDelay(10_000, 800, 20_000)).toBe(0);
		expect(remainingDelay(10_000_000, 800, 10_000)).toBe(800);
	});

	test("without one, and with `no`, nothing is restarted", () => {
		expect(delayAfter(history(undefined), 1, 0)).toBeUndefined();
		expect(delayAfter(history("no"), 1, 0)).toBeUndefined();
	});

	test("on-failure restarts after a failure only, and not more often than it is told", () => {
		expect(delayAfter(history("on-failure"), 0, 0)).toBeUndefined();
		expect(delayAfter(history("on-failure"), 1, 0)).toBe(100);
		expect(delayAfter(history("on-failure", { restarts: 2 }, 3), 1, 0)).toBe(100);
		expect(delayAfter(history("on-failure", { restarts: 3 }, 3), 1, 0)).toBeUndefined();
	});

	test("always and unless-stopped restart whatever the exit code, but not what the user has ended", () => {
		for (const name of ["always", "unless-stopped"] as const) {
			expect(delayAfter(history(name), 0, 0)).toBe(100);
			expect(delayAfter(history(name, { stopped: true }), 0, 0)).toBeUndefined();
		}
	});

	test("the delay doubles from 100 ms to a minute, and begins anew after ten seconds of running", () => {
		const delays: number[] = [];
		for (let n = 0, last = 0; n < 12; n++) {
			last = delayAfter(history("always", { restarts: n, restartDelay: last }), 1, 500) as number;
			delays.push(last);
		}
		expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
		expect(delayAfter(history("always", { restartDelay: 12800 }), 1, 9_999)).toBe(25600);
		expect(delayAfter(history("always", { restartDelay: 12800 }), 1, 10_000)).toBe(100);
	});

	test("the monitor is told the same numbers", () => {
		expect(restartRule(history("always", { restartDelay: 200 }))).toEqual({
			onFailure: false,
			delay: 400,
			firstDelay: 100,
			goodRun: 10_000,
		});
		expect(restartRule(history("on-failure"))?.onFailure).toBe(true);
		expect(restartRule(history("on-failure", { restarts: 3 }, 3))).toBeUndefined();
	});

	test("after a reboot always starts what was stopped too, unless-stopped does not, on-failure nothing", () => {
		const at = (name: Name, stopped: boolean) => startsAtBoot(history(name, { stopped }));
		expect([at("always", true), at("always", false)]).toEqual([true, true]);
		expect([at("unless-stopped", true), at("unless-stopped", false)]).toEqual([false, true]);
		expect([at("on-failure", false), at("no", false)]).toEqual([false, false]);
	});
});

describe("--restart", () => {
	const parsed = (text: string) => parseRestart(text, { remove: false });

	test.each<[string, Name, number]>([
		["no", "no", 0],
		["always", "always", 0],
		["unless-stopped", "unless-stopped", 0],
		["on-failure", "on-failure", 0],
		["on-failure:", "on-failure", 0],
		["on-failure:3", "on-failure", 3],
		["always:0", "always", 0],
	])("%s is a policy", (text, name, maximumRetries) => {
		expect(parsed(text)).toEqual({ name, maximumRetries });
	});

	test("empty is none, as without the flag", () => {
		expect([parsed(""), parseRestart(undefined, { remove: true })]).toEqual([undefined, undefined]);
	});

	// The sentences are docker's (client 28; the daemon's in moby, api/types/container/hostconfig.go).
	test.each([
		["on-failure:x", "invalid restart policy format: maximum retry count must be an integer"],
		[":3", "invalid restart policy format: no policy provided before colon"],
		["always:3", "maximum retry count can only be used with 'on-failure'"],
		["on-failure:-1", "maximum retry count cannot be negative"],
		["sometimes", "unknown policy 'sometimes'"],
	])("%s is refused: %s", (text, message) => {
		expect(() => parsed(text)).toThrow(message);
	});

	test("with --rm it is refused, but for `no`", () => {
		const conflict = "conflicting options: cannot specify both --restart and --rm";
		expect(() => parseRestart("always", { remove: true })).toThrow(conflict);
		expect(parseRestart("no", { remove: true })?.name).toBe("no");
	});
});
