/**
 * Go templates: what docker 28's client printed for these templates and the
 * objects beside them (test/reference/templates-docker28.json, recorded with a
 * server that gave it test/reference/inspect-*.json), and what is ours.
 */

import { describe, expect, test } from "bun:test";
import { containerShape } from "../../src/cli/container-shape.ts";
import { imageShape } from "../../src/cli/image-shape.ts";
import { Failure } from "../../src/failure.ts";
import { parseDetails } from "../../src/template/details.ts";
import { Struct, Template, untyped } from "../../src/template/template.ts";
import containers from "../reference/inspect-container.json";
import images from "../reference/inspect-image.json";
import recorded from "../reference/templates-docker28.json";

/** What a template prints, or `E` and the error, as the reference has it. */
function outcome(work: () => string): string {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		return `E ${error.message.replace("template parsing error: ", "")}`;
	}
}

const ofContainer = (template: string) => outcome(() => parseDetails(template)(containers[0], containerShape));
const ofImage = (template: string) => outcome(() => parseDetails(template)(images[0], imageShape));
const run = (template: string, data: unknown = {}) => outcome(() => Template.parse(template).execute(untyped(data)));

describe("a template prints what docker prints", () => {
	test.each(recorded.container as [string, string][])("of a container: %s", (template, printed) => {
		expect(ofContainer(template)).toBe(printed);
	});

	test.each(recorded.image as [string, string][])("of an image: %s", (template, printed) => {
		expect(ofImage(template)).toBe(printed);
	});
});

describe("what is not closed is an error", () => {
	test.each([
		["{{/* a", "template: :1: unclosed comment"],
		["{{/* a */x}}", "template: :1: comment ends before closing delimiter"],
		["{{.Name", "template: :1: unclosed action"],
		["{{ .Name\n", "template: :2: unclosed action"],
		["{{", "template: :1: unclosed action"],
		["{{}}", "template: :1: missing value for command"],
		['{{"a', "template: :1: unterminated quoted string"],
		["{{`a", "template: :1: unterminated raw quoted string"],
		["{{'a", "template: :1: unterminated character constant"],
		["{{if .A}}a", "template: :1: unexpected EOF"],
		["{{if .A}}a{{else}}b", "template: :1: unexpected EOF"],
		["{{range .A}}", "template: :1: unexpected EOF"],
	])("%s", (template, error) => {
		expect(run(template)).toBe(`E ${error}`);
	});
});

describe("variables", () => {
	test("are seen up to the end of the block that declares them", () => {
		expect(run("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}")).toBe("21");
		expect(run("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}")).toBe("2");
		expect(run("{{$x = 1}}")).toBe('E template: :1: undefined variable "$x"');
	});

	test("of a range are set anew for each item", () => {
		expect(run("{{range $i, $e := .A}}{{$i}}:{{$e}} {{end}}", { A: ["x", "y"] })).toBe("0:x 1:y ");
		expect(run("{{$l := 0}}{{range $l = .A}}{{end}}{{$l}}", { A: [1, 2] })).toBe("2");
	});

	test("$ is the whole, whatever dot is", () => {
		expect(run("{{with .A}}{{range .}}{{.}}{{$.B}}{{end}}{{end}}", { A: [1], B: 2 })).toBe("12");
	});
});

describe("blocks", () => {
	test("of a range can be left and gone on with", () => {
		expect(
			run("{{range .A}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}", { A: [1, 2, 3, 4] }),
		).toBe("13");
	});

	test("an else if is as deep as one likes", () => {
		const template = "{{if eq .A 1}}a{{else if eq .A 2}}b{{else if eq .A 3}}c{{else}}d{{end}}";
		expect([1, 2, 3, 4].map((A) => run(template, { A })).join("")).toBe("abcd");
	});

	test("else with, as newer Go has it", () => {
		expect(run("{{with .A}}a{{else with .B}}{{.}}{{end}}", { B: "b" })).toBe("b");
	});
});

describe("a hostile template", () => {
	const data = { A: { B: "x" }, L: ["y"] };

	test.each(["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "length"])(
		"does not reach %s",
		(name) => {
			expect(run(`{{.${name}}}{{.A.${name}}}{{index . "${name}"}}{{index .A "${name}"}}`, data)).toBe(
				"<no value>".repeat(4),
			);
			expect(run(`{{.L.${name}}}`, data)).toStartWith("E template: :1:4: ");
			expect(run(`{{.A.B.${name}}}`, data)).toStartWith("E template: :1:4: ");
			expect(run(`{{${name} .A}}`, data)).toBe(`E template: :1: function "${name}" not defined`);
			expect(ofContainer(`{{.State.${name}}}`)).toContain(`map has no entry for key "${name}"`);
			expect(ofContainer(`{{index .Config.Labels "${name}"}}`)).toBe("");
		},
	);

	test("data with such keys stay data", () => {
		const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "c"}');
		expect(run("{{.__proto__.polluted}}{{.constructor}}{{json .}}", hostile)).toBe(
			'1c{"__proto__":{"polluted":1},"constructor":"c"}',
		);
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	});

	test("of thousands of parentheses or blocks is an error, not a crash", () => {
		expect(run(`{{${"(".repeat(9999)}1${")".repeat(9999)}}}`)).toContain("within each other");
		expect(run(`${"{{if 1}}".repeat(9999)}${"{{end}}".repeat(9999)}`)).toContain("within each other");
		expect(run(`{{if 1}}a${"{{else if 1}}b".repeat(9999)}{{end}}`)).toContain("within each other");
	});

	test("of a huge width or precision takes no huge memory", () => {
		expect(run('{{printf "%999999999d" 1}}').length).toBe(1_000_000);
		expect(run('{{printf "%.999999999d" 1}}').length).toBe(1_000_000);
		expect(run('{{printf "%.999999999f" 1.5}}').length).toBe(102);
	});

	test("of any bytes is parsed or refused, never anything else", () => {
		const pieces = [
			"{{",
			"}}",
			"{{-",
			"-}}",
			" ",
			".",
			"A",
			"$x",
			":=",
			"=",
			"|",
			"(",
			")",
			'"s"',
			"`",
			"'",
			"1",
			"-",
			"if",
			"end",
			"else",
			"range",
			"with",
			",",
			"/*",
			"*/",
			"\\",
			"\n",
			"é",
			"@",
			"eq",
			"nil",
		];
		let seed = 1;
		const random = (below: number) => {
			seed = (seed * 48271) % 2147483647;
			return seed % below;
		};
		for (let round = 0; round < 5000; round++) {
			const template = Array.from({ length: random(14) }, () => pieces[random(pieces.length)]).join("");
			run(template, data); // throws what is no Failure
		}
	});
});

test("what is longer than a line is placed by line and column, in bytes", () => {
	expect(run("a\nä{{index nil 1}}")).toBe(
		'E template: :2:4: executing "" at <index nil 1>: error calling index: index of untyped nil',
	);
});

test("docker's functions refuse what is of another type, and say which", () => {
	expect(run("{{upper .A}}", { A: 1 })).toContain("wrong type for value; expected string; got int");
	expect(run("{{upper .A}}")).toContain("invalid value; expected string");
	expect(run('{{join "a" ","}}')).toContain("expected slice, got string");
	expect(run('{{join .A ","}} {{join .M "-"}} {{join .N ","}}', { A: [1, "b"], M: { x: "2", y: "1" } })).toBe(
		"1,b 1-2 ",
	);
});

test("a struct's methods are called with what they take", () => {
	const row = new Struct(
		"row",
		new Map<string, never>([
			["Label", ((name: string) => `<${name}>`) as never],
			["ID", (() => "i") as never],
		]),
	);
	const template = (text: string) => outcome(() => Template.parse(text).execute(row));
	expect(template('{{.Label "x"}}{{"y" | .Label}}{{.ID}}{{json .}}')).toBe('<x><y>i{"ID":"i"}');
	expect(template("{{.Label}}")).toContain("wrong number of args for Label: want 1 got 0");
	expect(template('{{.ID "x"}}')).toContain("wrong number of args for ID: want 0 got 1");
	expect(template("{{.Nope}}")).toBe(
		`E template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type row`,
	);
});

test("define, block and template are refused by name", () => {
	for (const word of ["define", "block", "template"])
		expect(run(`{{${word} "x"}}{{end}}`)).toContain(`{{${word}}} is not supported`);
});
