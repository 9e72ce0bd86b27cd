import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { COPY } from "../../ffi/copy.ts";
import { callNames, callNumber } from "../../ffi/numbers.ts";
import { SESSION } from "../../ffi/session.ts";
import { STAT } from "../../ffi/stat.ts";
import { ATTACH, DETACH, HEALTH, JOB, PACKET, POLICY, PORT, PROBE, STEP } from "../../ffi/tape.ts";
import { firewallPath, runDirectory } from "../../src/places.ts";

const directory = mkdtempSync(join(tmpdir(), "bunker-layout-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Compiles a C program that prints one number a line, and runs it. */
function numbersFromC(body: string, includes: string): number[] {
	const source = join(directory, "layout.c");
	writeFileSync(
		source,
		`#include <stdio.h>\n#include <stddef.h>\n${includes}\nint main(void) {\n${body}\nreturn 0; }\n`,
	);
	const build = Bun.spawnSync(["cc", "-I", "ffi/helper", "-o", join(directory, "layout"), source]);
	if (!build.success) throw new Error(build.stderr.toString());
	const run = Bun.spawnSync([join(directory, "layout")]);
	return run.stdout.toString().trim().split("\n").map(Number);
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const HEADER: Record<string, string> = { copy: "../shim/shim.h", session: "../shim/shim.h" };
const healthResult = { size: HEALTH.resultSize, offset: HEALTH.result };
const STRUCTS = {
	job: JOB,
	step: STEP,
	policy: POLICY,
	port: PORT,
	session: SESSION,
	copy: COPY,
	health: HEALTH,
	health_result: healthResult,
};

for (const [struct, layout] of Object.entries(STRUCTS)) {
	test(`struct ${struct} has the offsets that TypeScript writes`, () => {
		const names = Object.keys(layout.offset);
		const print = (value: string) => `printf("%zu\\n", ${value});`;
		const found = numbersFromC(
			[
				...names.map((name) => print(`offsetof(struct ${struct}, ${snake(name)})`)),
				print(`sizeof(struct ${struct})`),
			].join("\n"),
			`#include "${HEADER[struct] ?? "tape.h"}"`,
		);
		expect(found).toEqual([...Object.values(layout.offset), layout.size]);
	});
}

test("the sizes of state, record and packet are those that TypeScript reads", () => {
	const body = `printf("%zu\\n%zu\\n%zu\\n", sizeof(struct state), sizeof(struct record), sizeof(struct packet));`;
	expect(numbersFromC(body, '#include "tape.h"')).toEqual([40, 24, PACKET.header]);
});

/** `stdinOnce` → `POLICY_STDIN_ONCE` */
const constants = (prefix: string, values: Record<string, number | string>) =>
	Object.keys(values).map((name) => `${prefix}_${snake(name).toUpperCase()}`);

const ENUMS: [string, Record<string, number>, string][] = [
	["STEP", STEP.flag, "tape.h"],
	["POLICY", POLICY.flag, "tape.h"],
	["PACKET", PACKET.type, "tape.h"],
	["ATTACH", { stdin: ATTACH.stdin, stdout: ATTACH.stdout, stderr: ATTACH.stderr }, "tape.h"],
	["SESSION", SESSION.flag, "../shim/shim.h"],
	["COPY", { ...COPY.flag, ...COPY.result }, "../shim/shim.h"],
];

test.each(ENUMS)("the numbers of %s_ are those that TypeScript uses", (prefix, values, header) => {
	const body = constants(prefix, values)
		.map((name) => `printf("%d\\n", ${name});`)
		.join("\n");
	expect(numbersFromC(body, `#include "${header}"`)).toEqual(Object.values(values));
});

test("the rings of `health` and a probe's descriptors are those that TypeScript knows", () => {
	const names = ["HEALTH_CHANGES", "sizeof(struct health_change)", "HEALTH_RESULTS", "HEALTH_OUTPUT"];
	const descriptors = ["PROBE_PROGRAM", "PROBE_OUTPUT", "PROBE_REPORT", "PROBE_CGROUP"];
	const body = [...names, ...descriptors].map((name) => `printf("%d\\n", (int)${name});`).join("\n");
	const { changes, changeSize, slots, output } = HEALTH;
	const expected = [changes, changeSize, slots, output, ...Object.values(PROBE)];
	expect(numbersFromC(body, '#include "tape.h"')).toEqual(expected);
});

test("the mark of a thawed container has the name that TypeScript gives it", () => {
	const body = `printf("%d\\n", strcmp(HEALTH_THAWED, "${HEALTH.thawed}"));`;
	expect(numbersFromC(body, '#include <string.h>\n#include "tape.h"')).toEqual([0]);
});

test("the undo list of the firewall, and the note of its state, have the names that TypeScript gives them", () => {
	const at = { root: "", runRoot: "/run" };
	const note = relative(runDirectory(at, "id"), firewallPath(at));
	const body = `printf("%d\\n%d\\n", strcmp(DETACH_NAME, "${DETACH}"), strcmp(FIREWALL_PATH, "${note}"));`;
	expect(numbersFromC(body, '#include <string.h>\n#include "tape.h"')).toEqual([0, 0]);
});

test("system call numbers are those of this machine's kernel headers", () => {
	const names = callNames;
	const body = names.map((name) => `printf("%d\\n", SYS_${name});`).join("\n");
	expect(numbersFromC(body, "#include <sys/syscall.h>")).toEqual(names.map((name) => callNumber(name)));
});

test("struct stat has the offsets that are read, and its times follow each other", () => {
	const { times, changed, ...at } = STAT.at;
	const fields = [...Object.keys(at).map((name) => `st_${name}`), "st_atim", "st_ctim"];
	const print = fields.map((name) => `printf("%zu\\n", offsetof(struct stat, ${name}) / 4);`);
	const mtime = `printf("%zu\\n", offsetof(struct stat, st_mtim) - offsetof(struct stat, st_atim));`;
	const size = `printf("%d\\n", sizeof(struct stat) <= ${STAT.size});`;
	const found = numbersFromC([...print, mtime, size].join("\n"), "#include <sys/stat.h>");
	expect(found).toEqual([...Object.values(at), times, changed, 16, 1]);
});
