/** The grammar of flags is pflag's: each case as docker reads it. */

import { describe, expect, test } from "bun:test";
import { Failure } from "../../src/failure.ts";
import { bool, int, list, string } from "../../src/flags/flags.ts";
import { parse } from "../../src/flags/grammar.ts";

const flags = {
	detach: bool("d", "background"),
	env: list("e", "variables"),
	interactive: bool("i", "stdin"),
	name: string("", "name"),
	network: string("", "network", { synonyms: ["net"] }),
	rm: bool("", "remove"),
	time: int("s", "seconds"),
	tty: bool("t", "terminal"),
};

const anywhere = (...args: string[]) => parse("run", { flags }, args);
const first = (...args: string[]) => parse("run", { flags, stopAtFirst: true }, args);

function failure(work: () => unknown): Failure {
	try {
		work();
	} catch (error) {
		if (error instanceof Failure) return error;
		throw error;
	}
	throw new Error("no failure");
}

describe("values", () => {
	for (const args of [["--name", "web"], ["--name=web"]])
		test(`of a long flag: ${args.join(" ")}`, () => {
			expect(anywhere(...args).values.name).toBe("web");
		});

	for (const args of [["-e", "A=1"], ["-eA=1"], ["-e=A=1"]])
		test(`of a short flag: ${args.join(" ")}`, () => {
			expect(anywhere(...args).values.env).toEqual(["A=1"]);
		});

	test("a value may begin with a dash, or be empty", () => {
		expect(anywhere("--name", "--rm", "-e", "").values).toMatchObject({ name: "--rm", env: [""], rm: false });
		expect(anywhere("--name=").values.name).toBe("");
	});

	test("a list keeps every value, in order; of a string the last one holds", () => {
		const { values } = anywhere("-e", "A", "--env=B", "--name", "a", "-eC", "--name=b");
		expect(values).toMatchObject({ env: ["A", "B", "C"], name: "b" });
	});

	test("of a flag that is not given: false, nothing, an empty list", () => {
		expect(anywhere().values).toEqual({ detach: false, interactive: false, rm: false, tty: false, env: [] } as never);
	});

	test("a number", () => {
		expect(anywhere("-s", "-1").values.time).toBe(-1);
		expect(anywhere("--time=30").values.time).toBe(30);
	});

	test("a synonym that docker does not list", () => {
		expect(anywhere("--net", "host").values.network).toBe("host");
	});
});

describe("bools", () => {
	test("in a group", () => {
		expect(anywhere("-itd").values).toMatchObject({ interactive: true, tty: true, detach: true });
	});

	test("in a group that ends in a flag with a value", () => {
		expect(anywhere("-ite", "A=1").values).toMatchObject({ interactive: true, tty: true, env: ["A=1"] });
		expect(anywhere("-iteA=1").values).toMatchObject({ interactive: true, tty: true, env: ["A=1"] });
	});

	test.each(["false", "0", "f", "F", "FALSE", "False"])("--rm=%s", (word) => {
		expect(anywhere("--rm", `--rm=${word}`, "-t", `-t=${word}`).values).toMatchObject({ rm: false, tty: false });
	});

	test.each(["true", "1", "t", "T", "TRUE", "True"])("--rm=%s", (word) => {
		expect(anywhere(`--rm=${word}`, `-t=${word}`).values).toMatchObject({ rm: true, tty: true });
	});

	test("take no separate value", () => {
		expect(anywhere("--rm", "false")).toMatchObject({ values: { rm: true }, operands: ["false"] });
	});
});

describe("operands", () => {
	test("stand anywhere between the flags", () => {
		expect(anywhere("a", "--rm", "b", "-t").operands).toEqual(["a", "b"]);
	});

	test("after the first, run and exec read no flag", () => {
		const { values, operands } = first("--rm", "busybox", "ls", "-t", "--name", "--", "x");
		expect(operands).toEqual(["busybox", "ls", "-t", "--name", "--", "x"]);
		expect(values).toMatchObject({ rm: true, tty: false });
	});

	test("after --, there are no flags", () => {
		expect(anywhere("--rm", "--", "-t", "--", "x").operands).toEqual(["-t", "--", "x"]);
		expect(first("--", "busybox", "-t").operands).toEqual(["busybox", "-t"]);
	});

	test("a single dash is one, and so is nothing", () => {
		expect(anywhere("-", "").operands).toEqual(["-", ""]);
	});
});

describe("help", () => {
	test.each(["--help", "--help=true", "-h"])("%s", (word) => {
		expect(anywhere(word).help).toBe(true);
	});

	test("-h is a flag of the verb where it has one", () => {
		const { values, help } = parse("run", { flags: { hostname: string("h", "name") } }, ["-h", "box"]);
		expect([values.hostname, help]).toEqual(["box", false]);
	});

	test("behind the first operand of run it is the program's", () => {
		expect(first("busybox", "--help").help).toBe(false);
	});
});

describe("errors are 125, one line that names the flag, and a hint", () => {
	test.each<[string[], string]>([
		[["--nosuch"], "unknown flag: --nosuch"],
		[["--nosuch=x"], "unknown flag: --nosuch"],
		[["--nam", "x"], "unknown flag: --nam"],
		[["--constructor"], "unknown flag: --constructor"],
		[["-x"], "unknown shorthand flag: 'x' in -x"],
		[["-tx"], "unknown shorthand flag: 'x' in -tx"],
		[["--name"], "flag needs an argument: --name"],
		[["-e"], "flag needs an argument: 'e' in -e"],
		[["-te"], "flag needs an argument: 'e' in -te"],
		[["--rm=maybe"], 'invalid value "maybe" for --rm: true or false is expected'],
		[["-t=maybe"], 'invalid value "maybe" for -t: true or false is expected'],
		[["-s", "soon"], 'invalid value "soon" for -s: a whole number is expected'],
		[["--time=1.5"], 'invalid value "1.5" for --time: a whole number is expected'],
		[["--=x"], "bad flag syntax: --=x"],
		[["---x"], "bad flag syntax: ---x"],
	])("%j", (args, message) => {
		const error = failure(() => anywhere(...args));
		expect(error).toMatchObject({ message, exitCode: 125, hint: "Run 'bunker run --help' for more information" });
	});

	test("a flag of docker's that is not there yet is refused with the reason", () => {
		expect(failure(() => anywhere("--disable-content-trust")).message).toBe(
			"--disable-content-trust is not supported yet (registries: pull, push)",
		);
	});

	test("an error before --help holds", () => {
		expect(failure(() => anywhere("--nosuch", "--help")).exitCode).toBe(125);
	});
});
