/** How a container is run, as the image says that is made of it (moby, daemon/commit.go: merge). */

import { expect, test } from "bun:test";
import { committedConfig } from "../../src/container/commit.ts";
import { runOptions as options } from "./run-options.ts";

test("an image that says nothing, run without flags, stays one that says nothing", () => {
	expect(committedConfig(options(), {})).toEqual({});
	const empty = { User: "", Env: [], Cmd: null, Entrypoint: null, Labels: null, Volumes: null, WorkingDir: "" };
	expect(committedConfig(options(), empty)).toEqual({});
});

test("what the image says stays where the flags say nothing; its triggers do not", () => {
	const image = {
		User: "app",
		Env: ["A=1"],
		Cmd: ["c"],
		Entrypoint: ["e"],
		Labels: { a: "1" },
		Volumes: { "/v": {} },
		WorkingDir: "/w",
		ExposedPorts: { "80/tcp": {} },
		StopSignal: "SIGQUIT",
		Healthcheck: { Test: ["CMD", "true"] },
		Shell: ["/bin/ash"],
	};
	expect(committedConfig(options(), { ...image, OnBuild: ["RUN x"] })).toEqual(image);
});

test("a new entrypoint drops the image's command, an empty one the image's entrypoint", () => {
	const image = { Entrypoint: ["e"], Cmd: ["c"] };
	expect(committedConfig(options({ entrypoint: ["x"] }), image)).toEqual({ Entrypoint: ["x"] });
	expect(committedConfig(options({ entrypoint: ["x"], command: ["y"] }), image)).toEqual({
		Entrypoint: ["x"],
		Cmd: ["y"],
	});
	expect(committedConfig(options({ entrypoint: [] }), image)).toEqual({ Cmd: ["c"] });
});

test("labels, ports and variables of both join, the flags' go first", () => {
	const image = { Labels: { a: "1", b: "1" }, ExposedPorts: { "80/tcp": {} }, Env: ["A=1", "B=1"] };
	const flags = { labels: { b: "2" }, expose: ["53/udp"], env: ["B=2", "C=2"] };
	expect(committedConfig(options(flags), image)).toEqual({
		Labels: { a: "1", b: "2" },
		ExposedPorts: { "80/tcp": {}, "53/udp": {} },
		Env: ["A=1", "B=2", "C=2"],
	});
});

test("a health check is the image's with what the flags say of it", () => {
	const image = { Healthcheck: { Test: ["CMD", "true"], Retries: 3 } };
	expect(committedConfig(options({ health: { retries: 5, interval: 1_000_000_000 } }), image)).toEqual({
		Healthcheck: { Test: ["CMD", "true"], Retries: 5, Interval: 1_000_000_000 },
	});
});
