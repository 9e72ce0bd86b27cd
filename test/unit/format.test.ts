/** --format of listings; what docker's client printed for the same rows stands beside. */

import { describe, expect, test } from "bun:test";
import { Failure } from "../../src/failure.ts";
import { formatRows, type Listing, labelTitle } from "../../src/template/format.ts";
import { tabulate } from "../../src/template/tabulate.ts";

const listing: Listing = {
	type: "container",
	titles: { ID: "CONTAINER ID", Names: "NAMES", Ports: "PORTS", State: "STATE" },
	methods: { Label: labelTitle },
	raw: "container_id: {{.ID}}\nports: {{- pad .Ports 1 0}}\n",
};
const rows = [
	{
		ID: "1b97cc3976d1",
		Names: "g1",
		Ports: "80->81/tcp",
		State: () => "running",
		Label: (name: string) => `<${name}>`,
	},
];
const print = (format: string, these: typeof rows = rows) => formatRows(these, format, listing);

function message(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		if (error instanceof Failure) return `${error.message}\n${error.hint ?? ""}`;
	}
	throw new Error("no failure");
}

describe("a format", () => {
	test.each([
		["{{.ID}} {{.Names}}", "1b97cc3976d1 g1\n"],
		["{{.ID}}\\t{{.Names}}\\n", "1b97cc3976d1\tg1\n\n"],
		[" {{.ID}} |", "1b97cc3976d1 |\n"],
		["pretty", "pretty\n"],
		["json", '{"ID":"1b97cc3976d1","Names":"g1","Ports":"80-\\u003e81/tcp","State":"running"}\n'],
		["{{json .Ports}}", '"80->81/tcp"\n'],
		["raw", "container_id: 1b97cc3976d1\nports: 80->81/tcp\n\n"],
		["table {{.ID}}\\t{{.Names}}", "CONTAINER ID   NAMES\n1b97cc3976d1   g1\n"],
		[
			'table {{.Names}}\\t{{.Label "com.example.my-x"}}\\t{{.ID}}',
			"NAMES     my x                 CONTAINER ID\ng1        <com.example.my-x>   1b97cc3976d1\n",
		],
		[
			"table {{json .State}}\\t{{upper .Names}}|{{truncate .ID 3}}",
			'STATE       NAMES|CONTAINER ID\n"running"   G1|1b9\n',
		],
		["tableau {{.ID}}", "au CONTAINER ID\nau 1b97cc3976d1\n"],
	])("%s", (format, printed) => {
		expect(print(format)).toBe(printed);
	});

	test("of no row prints nothing, or the titles", () => {
		expect(print("{{.ID}}", [])).toBe("");
		expect(print("table {{.ID}}\\t{{.Names}}", [])).toBe("CONTAINER ID   NAMES\n");
	});

	test("with an unknown field is an error that names those there are, even without a row", () => {
		for (const these of [rows, []]) {
			expect(message(() => print("{{.Nope}}", these))).toBe(
				`template parsing error: template: :1:2: executing "" at <.Nope>: can't evaluate field Nope in type container\nits fields are ID, Label, Names, Ports, State`,
			);
		}
	});

	test("that fails only for the want of rows does not", () => {
		expect(print("{{slice .ID 0 50}}", [])).toBe("");
		expect(message(() => print("{{slice .ID 0 50}}"))).toContain("index out of range: 50");
	});

	test("that cannot be parsed is an error even without a row", () => {
		expect(message(() => print("{{.ID", []))).toBe("template parsing error: template: :1: unclosed action\n");
	});
});

describe("columns, as Go's tabwriter makes them", () => {
	test.each([
		["a\tb\n", "a         b\n"],
		["a\t\tb\n", "a                   b\n"],
		["a long cell\tb\nc\td\n", "a long cell   b\nc             d\n"],
		["a long cell\tb\n\nc\td\n", "a long cell   b\n\nc         d\n"],
		["a long cell\tb\nno tab here\nc\td\n", "a long cell   b\nno tab here\nc         d\n"],
		["äöü long cell\tb\nc\td\n", "äöü long cell   b\nc               d\n"],
	])("%p", (text, columns) => {
		expect(tabulate(text)).toBe(columns);
	});
});
