/** What a copy keeps, merges, replaces and refuses, on the real kernel in directories that are thrown away. */

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
	chmodSync,
	chownSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { AT_FDCWD, O_DIRECTORY, S_IFBLK, S_IFCHR, S_IFIFO } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { attempt } from "../../ffi/system.ts";
import { copyTree } from "../../src/copy/copy.ts";
import { requires } from "../requires.ts";
import { attributesOf, CAPABILITY, copyPath, listFor, listing, Scene, setAttribute, spotOf } from "./copy-scene.ts";

setDefaultTimeout(60_000);
const scene = new Scene();
afterAll(() => scene.remove());

/** the source, and the directory that it is copied into */
let from = "";
let to = "";

beforeEach(() => {
	const at = scene.directory();
	from = `${at}/from`;
	to = `${at}/to`;
	mkdirSync(from);
	mkdirSync(to);
});

const plain = { archive: false };
const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
const ownerOf = (path: string) => `${lstatSync(path).uid}:${lstatSync(path).gid}`;
const makeNode = (path: string, mode: number, device = 0) => attempt("mknodat", AT_FDCWD, path, mode, device);

describe.skipIf(!requires("root"))("without -a", () => {
	test("what is made is root's; modes, setuid and times are kept", () => {
		mkdirSync(`${from}/d`, { mode: 0o711 });
		writeFileSync(`${from}/d/program`, "x");
		symlinkSync("nowhere", `${from}/d/link`);
		for (const name of ["d", "d/program"]) chownSync(`${from}/${name}`, 1000, 1001);
		Bun.spawnSync(["chown", "-h", "1000:1001", `${from}/d/link`]);
		chmodSync(`${from}/d/program`, 0o6755);
		utimesSync(`${from}/d/program`, 1000, 1000.5);
		utimesSync(`${from}/d`, 2000, 2000);
		copyPath(`${from}/d`, `${to}/d`, plain);
		expect(["", "/program", "/link"].map((name) => ownerOf(`${to}/d${name}`))).toEqual(["0:0", "0:0", "0:0"]);
		expect([modeOf(`${to}/d`), modeOf(`${to}/d/program`)]).toEqual(["711", "6755"]);
		expect([statSync(`${to}/d`).mtimeMs, statSync(`${to}/d/program`).mtimeMs]).toEqual([2000_000, 1000_500]);
		expect(readlinkSync(`${to}/d/link`)).toBe("nowhere");
	});

	test("of attributes only a program's capabilities are kept, as docker does", () => {
		writeFileSync(`${from}/ping`, "x");
		setAttribute(`${from}/ping`, "user.note", Buffer.from("x"));
		setAttribute(`${from}/ping`, "system.posix_acl_access", listFor(7, 5));
		setAttribute(`${from}/ping`, "security.capability", CAPABILITY);
		copyPath(`${from}/ping`, `${to}/ping`, plain);
		expect([...attributesOf(`${to}/ping`)]).toEqual([["security.capability", Buffer.from(CAPABILITY).toString("hex")]]);
	});

	test("nothing of a directory's group or access list gets into what is copied there", () => {
		chownSync(to, 0, 500);
		chmodSync(to, 0o2755);
		setAttribute(to, "system.posix_acl_default", listFor(7, 0));
		mkdirSync(`${from}/d`);
		chmodSync(`${from}/d`, 0o775);
		writeFileSync(`${from}/d/f`, "x");
		chmodSync(`${from}/d/f`, 0o664);
		symlinkSync("x", `${from}/d/l`);
		makeNode(`${from}/d/p`, S_IFIFO | 0o664);
		chmodSync(`${from}/d/p`, 0o664);
		copyPath(`${from}/d`, `${to}/d`, plain);
		const made = ["d", "d/f", "d/l", "d/p"].map((name) => `${to}/${name}`);
		expect(made.map(ownerOf)).toEqual(["0:0", "0:0", "0:0", "0:0"]);
		expect(made.map(modeOf)).toEqual(["775", "664", "777", "664"]);
	});
});

describe.skipIf(!requires("root"))("a copy", () => {
	test("has the modes of the source, whatever the umask is, and leaves that as it is", () => {
		const before = process.umask(0o077);
		try {
			writeFileSync(`${from}/f`, "x");
			chmodSync(`${from}/f`, 0o666);
			copyPath(`${from}/f`, `${to}/f`);
			expect(modeOf(`${to}/f`)).toBe("666");
			expect(process.umask()).toBe(0o077);
		} finally {
			process.umask(before);
		}
	});

	test("says how many bytes the files have", () => {
		writeFileSync(`${from}/a`, "12345");
		linkSync(`${from}/a`, `${from}/b`);
		truncateSync(`${from}/a`, 100);
		expect(copyPath(from, `${to}/x`)).toBe(100);
	});

	test("of a FIFO, a device or a link makes another, and opens none", () => {
		makeNode(`${from}/fifo`, S_IFIFO | 0o640);
		makeNode(`${from}/character`, S_IFCHR | 0o666, 0xf007);
		makeNode(`${from}/block`, S_IFBLK | 0o660, 0xf107);
		symlinkSync("/etc/passwd", `${from}/link`);
		copyPath(from, `${to}/x`, plain);
		expect(listing(`${to}/x`)).toEqual(listing(from));
		copyPath(`${from}/fifo`, `${to}/fifo`, plain);
		expect(lstatSync(`${to}/fifo`).isFIFO()).toBe(true);
	});

	test("leaves sockets out, as docker does, and the marks of an overlay", async () => {
		const server = createServer().listen(`${from}/socket`);
		await new Promise((resolve) => server.once("listening", resolve));
		makeNode(`${from}/whiteout`, S_IFCHR | 0o600, 0);
		setAttribute(from, "trusted.overlay.opaque", Buffer.from("y"));
		copyPath(from, `${to}/x`);
		expect(() => copyPath(`${from}/socket`, `${to}/s`)).toThrow(`cannot copy ${from}/socket: it is a socket`);
		server.close();
		expect(readdirSync(`${to}/x`)).toEqual([]);
		expect([...attributesOf(`${to}/x`)]).toEqual([]);
	});

	test("of a name that is not there says so", () => {
		expect(() => copyPath(`${from}/missing`, `${to}/x`)).toThrow(`open ${from}/missing: ENOENT`);
	});

	test("keeps holes, and does not make any", () => {
		writeFileSync(`${from}/sparse`, "begin");
		truncateSync(`${from}/sparse`, 50_000_000);
		writeFileSync(`${from}/zeros`, Buffer.alloc(100_000));
		copyPath(from, `${to}/x`);
		expect(statSync(`${to}/x/sparse`).size).toBe(50_000_000);
		expect(statSync(`${to}/x/sparse`).blocks).toBeLessThan(20);
		expect(statSync(`${to}/x/zeros`).blocks * 512).toBeGreaterThanOrEqual(100_000);
	});

	test("of a file that two names have, in directories that are far apart, is one file", () => {
		const deep = `${from}/${"d/".repeat(80)}`;
		mkdirSync(deep, { recursive: true });
		writeFileSync(`${deep}one`, "x");
		linkSync(`${deep}one`, `${from}/two`);
		linkSync(`${deep}one`, `${from}/zwei`);
		copyPath(from, `${to}/x`);
		expect(statSync(`${to}/x/two`).ino).toBe(statSync(`${to}/x/${"d/".repeat(80)}one`).ino);
		expect(statSync(`${to}/x/two`).nlink).toBe(3);
	});

	test("of a file that one of the copied names has is a file of its own", () => {
		writeFileSync(`${from}/one`, "x");
		linkSync(`${from}/one`, `${from}/two`);
		copyPath(`${from}/one`, `${to}/one`);
		expect(statSync(`${to}/one`).nlink).toBe(1);
	});

	test("of a tree ten thousand directories deep, with few descriptors, is as deep", () => {
		const script = `${process.cwd()}/test/kernel/copy-deep.ts`;
		const command = ["sh", "-c", 'ulimit -n 300; exec "$0" "$@"', process.execPath, script, from, to, "10000"];
		const { stdout, stderr } = Bun.spawnSync(command);
		expect(stderr.toString()).toBe("");
		expect(stdout.toString()).toBe("10000 directories, then bottom: found\n");
	});
});

describe.skipIf(!requires("root"))("what is there already", () => {
	test("a directory merges with one, which takes the mode of the source", () => {
		mkdirSync(`${from}/d/e`, { recursive: true });
		writeFileSync(`${from}/d/e/new`, "new");
		chmodSync(`${from}/d/e`, 0o750);
		mkdirSync(`${to}/d/e`, { recursive: true });
		writeFileSync(`${to}/d/e/old`, "old");
		chownSync(`${to}/d/e`, 5, 6);
		copyPath(`${from}/d`, `${to}/d`, plain);
		expect(readdirSync(`${to}/d/e`).sort()).toEqual(["new", "old"]);
		expect([modeOf(`${to}/d/e`), ownerOf(`${to}/d/e`)]).toEqual(["750", "5:6"]);
		copyPath(`${from}/d`, `${to}/d`, { archive: true });
		expect(ownerOf(`${to}/d/e`)).toBe("0:0");
	});

	test("what is in a directory is copied into another, which stays as it is", () => {
		writeFileSync(`${from}/f`, "x");
		chmodSync(from, 0o700);
		chmodSync(to, 0o755);
		const [source, target] = [open(from, O_DIRECTORY), open(to, O_DIRECTORY)];
		const spot = { name: ".", path: "here" };
		copyTree({ ...spot, directory: source }, { ...spot, directory: target }, plain);
		for (const fd of [source, target]) close(fd);
		expect([readdirSync(to), modeOf(to)]).toEqual([["f"], "755"]);
	});

	test("a file replaces a file: other names of that keep the old content", () => {
		writeFileSync(`${from}/f`, "new");
		writeFileSync(`${to}/f`, "old");
		linkSync(`${to}/f`, `${to}/other`);
		copyPath(`${from}/f`, `${to}/f`);
		expect([readFileSync(`${to}/f`, "utf8"), readFileSync(`${to}/other`, "utf8")]).toEqual(["new", "old"]);
	});

	test("a file or a link replaces a link, not what that leads to", () => {
		writeFileSync(`${to}/target`, "safe");
		for (const name of ["f", "l"]) symlinkSync("target", `${to}/${name}`);
		writeFileSync(`${from}/f`, "new");
		symlinkSync("elsewhere", `${from}/l`);
		for (const name of ["f", "l"]) copyPath(`${from}/${name}`, `${to}/${name}`);
		expect(lstatSync(`${to}/f`).isFile()).toBe(true);
		expect([readlinkSync(`${to}/l`), readFileSync(`${to}/target`, "utf8")]).toEqual(["elsewhere", "safe"]);
	});

	test("a file does not replace a directory", () => {
		mkdirSync(`${from}/d`);
		writeFileSync(`${from}/d/x`, "x");
		mkdirSync(`${to}/d/x`, { recursive: true });
		const message = `cannot overwrite directory "${to}/d/x" with non-directory "${from}/d/x"`;
		expect(() => copyPath(`${from}/d`, `${to}/d`)).toThrow(message);
		expect(existsSync(`${to}/d/x`)).toBe(true);
	});

	test.each(["file", "link to a directory"])("a directory does not replace a %s", (kind) => {
		mkdirSync(`${from}/d/x`, { recursive: true });
		writeFileSync(`${from}/d/x/f`, "x");
		mkdirSync(`${to}/d`);
		mkdirSync(`${to}/elsewhere`);
		if (kind === "file") writeFileSync(`${to}/d/x`, "x");
		else symlinkSync("../elsewhere", `${to}/d/x`);
		const message = `cannot overwrite non-directory "${to}/d/x" with directory "${from}/d/x"`;
		expect(() => copyPath(`${from}/d`, `${to}/d`)).toThrow(message);
		expect(readdirSync(`${to}/elsewhere`)).toEqual([]);
	});

	test("a directory is not copied into itself", () => {
		mkdirSync(`${from}/d/e`, { recursive: true });
		const into = `cannot copy the directory ${from}/d into itself, `;
		expect(() => copyPath(`${from}/d`, `${from}/d/e/x`)).toThrow(`${into}${from}/d/e/x`);
		expect(() => copyPath(`${from}/d`, `${from}/d`)).toThrow(into);
		symlinkSync("d/e", `${from}/alias`);
		expect(() => copyPath(`${from}/d`, `${from}/alias/x`)).toThrow(into);
		expect(readdirSync(`${from}/d/e`)).toEqual([]);
	});

	test("a file is not copied onto itself", () => {
		writeFileSync(`${from}/f`, "precious");
		linkSync(`${from}/f`, `${to}/f`);
		for (const path of [`${from}/f`, `${to}/f`])
			expect(() => copyPath(`${from}/f`, path)).toThrow(`${from}/f and ${path} are the same file`);
		expect(readFileSync(`${from}/f`, "utf8")).toBe("precious");
	});
});

describe.skipIf(!requires("root"))("mounts", () => {
	/** Runs statements in a mount namespace of their own, with `copyPath`, `from` and `to`. */
	const within = (mounts: string, statements: string) => {
		const script = `
			import { copyPath } from "${process.cwd()}/test/kernel/copy-scene.ts";
			const [from, to] = ["${from}", "${to}"];
			try { ${statements} } catch (error) { console.log(error.message); }`;
		const command = `mount --make-rprivate / && ${mounts} && exec "$0" -e "$1"`;
		const { stdout, stderr } = Bun.spawnSync(["unshare", "-m", "sh", "-ec", command, process.execPath, script], {
			env: { ...process.env, from, to },
		});
		return stdout.toString() + stderr.toString();
	};

	test("a file that something is mounted on is not replaced", () => {
		writeFileSync(`${from}/f`, "new");
		writeFileSync(`${to}/f`, "old");
		writeFileSync(`${to}/mounted`, "mounted");
		const said = within('mount --bind "$to/mounted" "$to/f"', "copyPath(from + '/f', to + '/f')");
		expect(said).toContain(`cannot replace ${to}/f: something is mounted there`);
		expect([readFileSync(`${to}/f`, "utf8"), readFileSync(`${to}/mounted`, "utf8")]).toEqual(["old", "mounted"]);
	});

	test("what is mounted in a source is copied, but for file systems that the kernel makes up", () => {
		for (const name of ["volume", "proc"]) mkdirSync(`${from}/${name}`);
		const mounts = 'mount -t tmpfs x "$from/volume" && touch "$from/volume/f" && mount -t proc x "$from/proc"';
		expect(within(mounts, "copyPath(from, to + '/x')")).toBe("");
		expect(readdirSync(`${to}/x/volume`)).toEqual(["f"]);
		expect(readdirSync(`${to}/x/proc`)).toEqual([]);
	});

	test("a directory that shows at another place is not copied into itself there", () => {
		mkdirSync(`${from}/a/b`, { recursive: true });
		const said = within('mount --bind "$from/a/b" "$to"', "copyPath(from, to + '/x')");
		expect(said).toContain(`cannot copy the directory ${from} into itself`);
	});

	test.skipIf(!requires("overlay"))(
		"a directory that holds the upper layer of its target is not copied into itself",
		() => {
			for (const name of ["lower", "upper", "work"]) mkdirSync(`${from}/${name}`);
			const overlay = "lowerdir=$from/lower,upperdir=$from/upper,workdir=$from/work";
			const said = within(`mount -t overlay x -o ${overlay} "$to"`, "copyPath(from, to + '/x')");
			expect(said).toContain(`cannot copy the directory ${from} into itself`);
		},
	);

	test("attributes of a user's are left out where the file system takes none, capabilities are missed", () => {
		writeFileSync(`${from}/f`, "x");
		setAttribute(`${from}/f`, "user.note", Buffer.from("x"));
		writeFileSync(`${from}/ping`, "x");
		setAttribute(`${from}/ping`, "security.capability", CAPABILITY);
		const mount = 'mount -t ramfs x "$to"';
		expect(within(mount, "console.log(copyPath(from + '/f', to + '/f'))")).toBe("1\n");
		expect(within(mount, "copyPath(from + '/ping', to + '/ping')")).toContain(
			`set the attribute security.capability of ${to}/ping: EOPNOTSUPP`,
		);
	});
});

describe.skipIf(!requires("root"))("a spot", () => {
	test("is one name: what is no component of a path is refused", () => {
		writeFileSync(`${from}/f`, "x");
		using source = spotOf(`${from}/f`);
		using target = spotOf(`${to}/f`);
		for (const name of ["../to", "..", "/etc/passwd", ""]) {
			expect(() => copyTree({ ...source, name }, target, plain)).toThrow("is no name in a directory");
			expect(() => copyTree(source, { ...target, name }, plain)).toThrow("is no name in a directory");
		}
	});
});
