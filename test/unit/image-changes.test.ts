/** `--change`: a Dockerfile's instructions. What docker does with each is in moby, builder/dockerfile/dispatchers.go. */

import { describe, expect, test } from "bun:test";
import { applyChanges, parseChanges, type RunConfig } from "../../src/image/instructions.ts";

const change = (config: RunConfig, ...changes: string[]) => applyChanges(config, parseChanges(changes));

describe("an instruction", () => {
	test("CMD takes a list, or a line for the shell", () => {
		expect(change({}, 'CMD ["a", "b c"]')).toEqual({ Cmd: ["a", "b c"] });
		expect(change({}, "CMD echo $HOME 'x y'")).toEqual({ Cmd: ["/bin/sh", "-c", "echo $HOME 'x y'"] });
		expect(change({ Shell: ["/bin/ash", "-ec"] }, "cmd x")).toMatchObject({ Cmd: ["/bin/ash", "-ec", "x"] });
		expect(change({ Cmd: ["old"] }, "CMD []")).toEqual({ Cmd: [] });
	});

	test("CMD with what is nearly a list takes it for a line", () => {
		expect(change({}, "CMD ['a']")).toEqual({ Cmd: ["/bin/sh", "-c", "['a']"] });
		expect(change({}, "CMD [1")).toEqual({ Cmd: ["/bin/sh", "-c", "[1"] });
	});

	test("HEALTHCHECK takes a line or a list, with its settings, and NONE", () => {
		expect(change({}, "HEALTHCHECK CMD wget -q localhost || exit 1").Healthcheck).toEqual({
			Test: ["CMD-SHELL", "wget -q localhost || exit 1"],
		});
		expect(
			change(
				{},
				'healthcheck --interval=1m30s --timeout="2s" --start-period=0s --start-interval=1ms --retries=5 cmd ["a", "b c"]',
			).Healthcheck,
		).toEqual({ Test: ["CMD", "a", "b c"], Interval: 90e9, Timeout: 2e9, StartInterval: 1e6, Retries: 5 });
		expect(change({}, "HEALTHCHECK NONE").Healthcheck).toEqual({ Test: ["NONE"] });
		expect(change({}, "HEALTHCHECK -- CMD --x").Healthcheck).toEqual({ Test: ["CMD-SHELL", "--x"] });
	});

	test("HEALTHCHECK leaves the settings that were there where it says none", () => {
		const config = { Healthcheck: { Test: ["CMD", "old"], Interval: 1e9, Retries: 2 } };
		expect(change(config, "HEALTHCHECK --retries=7 CMD new", "USER a").Healthcheck).toEqual({
			Test: ["CMD-SHELL", "new"],
			Interval: 1e9,
			Retries: 7,
		});
	});

	test("ENTRYPOINT drops the command, unless CMD was said with it", () => {
		expect(change({ Cmd: ["old"] }, 'ENTRYPOINT ["e"]')).toEqual({ Entrypoint: ["e"] });
		expect(change({ Cmd: ["old"] }, 'CMD ["c"]', 'ENTRYPOINT ["e"]')).toEqual({ Entrypoint: ["e"], Cmd: ["c"] });
	});

	test("ENV adds and replaces, with quotes and variables, in both forms", () => {
		const config = { Env: ["PATH=/bin", "A=1"] };
		expect(change(config, "ENV A=2 B=\"x y\" C='$A' D=a\\ b").Env).toEqual([
			"PATH=/bin",
			"A=2",
			"B=x y",
			"C=$A",
			"D=a b",
		]);
		expect(change(config, `ENV PATH=$PATH:/opt/\${A}/bin`).Env).toEqual(["PATH=/bin:/opt/1/bin", "A=1"]);
		expect(change({}, "ENV NAME the whole  line").Env).toEqual(["NAME=the whole  line"]);
		expect(change(config, `ENV X=\${N:-none} Y=\${A:+some} Z=\${A} W=\\$A`).Env?.slice(2)).toEqual([
			"X=none",
			"Y=some",
			"Z=1",
			"W=$A",
		]);
	});

	test("EXPOSE adds ports, tcp if not said, and ranges", () => {
		expect(change({ ExposedPorts: { "1/tcp": {} } }, "EXPOSE 80 53/udp 7000-7001")).toEqual({
			ExposedPorts: { "1/tcp": {}, "80/tcp": {}, "53/udp": {}, "7000/tcp": {}, "7001/tcp": {} },
		});
	});

	test("LABEL joins, USER, WORKDIR and STOPSIGNAL replace", () => {
		expect(change({ Labels: { a: "1" } }, "LABEL b=2 \"c d\"='3 4'").Labels).toEqual({ a: "1", b: "2", "c d": "3 4" });
		expect(change({ User: "root" }, "USER app:1000").User).toBe("app:1000");
		expect(change({ WorkingDir: "/srv" }, "WORKDIR a/../b", "WORKDIR c").WorkingDir).toBe("/srv/b/c");
		expect(change({ WorkingDir: "/srv" }, "WORKDIR /x/").WorkingDir).toBe("/x");
		expect(change({}, "STOPSIGNAL SIGQUIT").StopSignal).toBe("SIGQUIT");
	});

	test("VOLUME takes a list or words, ONBUILD the rest of the line", () => {
		expect(change({}, 'VOLUME ["/a b"]', "VOLUME /c /d").Volumes).toEqual({ "/a b": {}, "/c": {}, "/d": {} });
		expect(change({}, "ONBUILD RUN make  all").OnBuild).toEqual(["RUN make  all"]);
	});

	test("leaves what it was given as it was", () => {
		const config = { Env: ["A=1"], Labels: { a: "1" } };
		change(config, "ENV A=2", "LABEL a=2");
		expect(config).toEqual({ Env: ["A=1"], Labels: { a: "1" } });
	});
});

test("several lines, comments and continued lines come in one flag, too", () => {
	expect(change({}, "ENV A=1 \\\n  B=2\n# not this\n\nUSER app")).toEqual({ Env: ["A=1", "B=2"], User: "app" });
});

describe("is refused:", () => {
	const wrong: Record<string, string> = {
		"RUN make": "RUN is not a valid change command",
		"FROM x": "FROM is not a valid change command",
		"constructor x": "constructor is not a valid change command",
		CMD: "CMD requires arguments",
		"CMD [1]": "a list of other things than strings",
		"CMD --x y": "unknown flag: --x",
		"HEALTHCHECK CMD": "Missing command after HEALTHCHECK CMD",
		"HEALTHCHECK CMD []": "Missing command after HEALTHCHECK CMD",
		"HEALTHCHECK NONE x": "HEALTHCHECK NONE takes no arguments",
		"HEALTHCHECK TCP 80": 'Unknown type "TCP" in HEALTHCHECK (try CMD)',
		"HEALTHCHECK --port=1 CMD x": "unknown flag: --port",
		"HEALTHCHECK --interval CMD x": "missing a value on flag: --interval",
		"HEALTHCHECK --interval=5 CMD x": 'invalid duration "5" for --interval',
		"HEALTHCHECK --interval=1us CMD x": 'Interval "interval" cannot be less than 1ms',
		"HEALTHCHECK --retries=1 --retries=2 CMD x": "duplicate flag specified: --retries",
		"HEALTHCHECK --retries=-1 CMD x": "--retries cannot be negative",
		"HEALTHCHECK --retries=many CMD x": "a whole number is expected",
		"ENV A": "ENV must have two arguments",
		"ENV A=1 B": 'Syntax error - can\'t find = in "B"',
		"ENV =x": "ENV names can not be blank",
		'ENV A="x': 'a " is missing',
		"ENV A=${B": "bad substitution",
		"ENV A=${}": "bad substitution",
		"EXPOSE http": "invalid containerPort: http",
		"EXPOSE 70000": "invalid containerPort: 70000",
		"EXPOSE 80/icmp": "invalid containerPort: 80/icmp",
		"USER a b": "USER requires exactly one argument",
		'VOLUME [""]': "VOLUME specified can not be an empty string",
		"ONBUILD FROM x": "FROM isn't allowed as an ONBUILD trigger",
		"ONBUILD onbuild x": "Chaining ONBUILD",
	};
	for (const [line, message] of Object.entries(wrong))
		test(line, () => expect(() => change({}, line)).toThrow(message));
});
