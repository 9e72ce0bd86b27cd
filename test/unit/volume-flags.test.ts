/** -v, --volumes-from and --volume-driver: docker's grammar, row by row. */

import { describe, expect, test } from "bun:test";
import { parseDriver, parseVolumes, parseVolumesFrom } from "../../src/flags/volume-values.ts";

const here = process.cwd();

describe("-v", () => {
	// moby, volume/mounts/linux_parser_test.go, and what its client does before (docker/cli, internal/volumespec).
	test.each([
		["/a:/b", { source: "/a", target: "/b", readOnly: false }],
		["/a:/b:ro", { source: "/a", target: "/b", readOnly: true }],
		["/a:/b:rw", { source: "/a", target: "/b", readOnly: false, mode: "rw" }],
		["/with space:/and here", { source: "/with space", target: "/and here", readOnly: false }],
		["/rw:/ro", { source: "/rw", target: "/ro", readOnly: false }],
		["/a/../c/:/b/./d/:ro", { source: "/c", target: "/b/d", readOnly: true, typed: "/a/../c/:/b/./d/:ro" }],
		["./x:/b", { source: `${here}/x`, target: "/b", readOnly: false }],
		[".:/b:z", { source: here, target: "/b", readOnly: false, mode: "z" }],
		[".hidden:/b", { source: `${here}/.hidden`, target: "/b", readOnly: false }],
		["./x:/b/", { source: `${here}/x`, target: "/b", readOnly: false, typed: `${here}/x:/b/` }],
		["/a:/b:ro,Z", { source: "/a", target: "/b", readOnly: true, mode: "ro,Z" }],
		["/a:/b:slave", { source: "/a", target: "/b", readOnly: false, mode: "slave", propagation: "slave" }],
		[
			"/a:/b:z,ro,rshared",
			{ source: "/a", target: "/b", readOnly: true, mode: "z,ro,rshared", propagation: "rshared" },
		],
		["/a:/b:rprivate", { source: "/a", target: "/b", readOnly: false, mode: "rprivate", propagation: "rprivate" }],
		["/a:/b:cached", { source: "/a", target: "/b", readOnly: false, mode: "cached" }],
		["data:/b", { source: "data", target: "/b", readOnly: false, named: true }],
		["data:/b:ro", { source: "data", target: "/b", readOnly: true, named: true }],
		[
			"data:/b:nocopy,z",
			{ source: "data", target: "/b", readOnly: false, named: true, mode: "nocopy,z", noCopy: true },
		],
		["data:/b/../c", { source: "data", target: "/c", readOnly: false, named: true, typed: "data:/b/../c" }],
		["/b", { source: "", target: "/b", readOnly: false, named: true }],
		["/b/", { source: "", target: "/b", readOnly: false, named: true, typed: "/b/" }],
		["/proc:/proc:ro", { source: "/proc", target: "/proc", readOnly: true }],
		["/a:/proc/net/dev", { source: "/a", target: "/proc/net/dev", readOnly: false }],
		["/a:/sys", { source: "/a", target: "/sys", readOnly: false }],
	])("%s", (text, volume) => {
		expect(parseVolumes([text])).toEqual([volume as never]);
	});

	const config = (text: string, type: string, why: string) =>
		`invalid volume specification: '${text}': invalid mount config for type "${type}": ${why}`;

	test.each([
		["", "invalid empty volume spec"],
		[":", "invalid spec: :: empty section between colons"],
		[":/b", "invalid spec: :/b: empty section between colons"],
		["/a:", "invalid spec: /a:: empty section between colons"],
		["/a::ro", "invalid spec: /a::ro: empty section between colons"],
		["/a:/b:", "invalid spec: /a:/b:: empty section between colons"],
		["/a:/b:ro:x", "invalid spec: /a:/b:ro:x: too many colons"],
		["/b:ro", "invalid volume specification: '/b:ro'"],
		["data:shared", "invalid volume specification: 'data:shared'"],
		["/rw:rw,z", "invalid volume specification: '/rw:rw,z'"],
		["/a:/b:bad", "invalid mode: bad"],
		["rel:/x:bad", "invalid mode: bad"],
		["/a:/b:rwz", "invalid mode: rwz"],
		["/a:/b:ro,", "invalid mode: ro,"],
		["/a:/b:RO", "invalid mode: RO"],
		["/a:/b:ro,rw", "invalid mode: ro,rw"],
		["/a:/b:ro,ro", "invalid mode: ro,ro"],
		["/a:/b:z,Z", "invalid mode: z,Z"],
		["/a:/b:ro,rshared,rslave", "invalid mode: ro,rshared,rslave"],
		["/a:b", config("/a:b", "bind", "invalid mount path: 'b' mount path must be absolute")],
		["data:../b", config("data:../b", "volume", "invalid mount path: '../b' mount path must be absolute")],
		["data", config("data", "volume", "invalid mount path: 'data' mount path must be absolute")],
		["/a:/", config("/a:/", "bind", "invalid specification: destination can't be '/'")],
		["/a:/b/..", config("/a:/b/..", "bind", "invalid specification: destination can't be '/'")],
		["/", config("/", "volume", "invalid specification: destination can't be '/'")],
		["data:/b:shared", config("data:/b:shared", "volume", "field BindOptions must not be specified")],
		["/a:/b:nocopy", config("/a:/b:nocopy", "bind", "field VolumeOptions must not be specified")],
		["/a:/proc/", config("/a:/proc/", "bind", '"/proc" cannot be mounted because it is not of type proc')],
		["data:/proc", config("data:/proc", "volume", '"/proc" cannot be mounted because it is not of type proc')],
		["/a:/x/../proc/1/x", '"/proc/1/x" cannot be mounted because it is inside /proc'],
	])("%s is refused with 125", (text, message) => {
		expect(() => parseVolumes([text])).toThrow(message);
		expect(refusalOf(() => parseVolumes([text]))).toBe(125);
	});

	test("the same one twice is one, as docker has it", () => {
		expect(parseVolumes(["/a:/x", "/a:/x"])).toHaveLength(1);
	});
});

describe("--volumes-from", () => {
	test.each(["web", "web:ro", "web:rw", "web:ro,z", "web:Z", "web:"])("%s is taken, as typed", (typed) => {
		expect(parseVolumesFrom([typed, "other"])).toEqual([typed, "other"]);
	});

	test.each([
		["", "volumes-from specification cannot be an empty string"],
		["web:bad", "invalid mode: bad"],
		["web:ro:z", "invalid mode: ro:z"],
		["web:rslave", "invalid mode: rslave"],
		["web:ro,nocopy", "invalid mode: ro,nocopy"],
		["web:ro,rw", "invalid mode: ro,rw"],
	])('"%s" is refused with 125', (typed, message) => {
		expect(() => parseVolumesFrom([typed])).toThrow(message);
		expect(refusalOf(() => parseVolumesFrom([typed]))).toBe(125);
	});
});

test("the only driver of volumes is docker's own", () => {
	expect(parseDriver("local")).toBe("local");
	expect(() => parseDriver("nfs")).toThrow('error looking up volume plugin nfs: plugin "nfs" not found');
});

/** @returns the exit code of what is refused */
function refusalOf(act: () => unknown): number | undefined {
	try {
		act();
	} catch (error) {
		return (error as { exitCode?: number }).exitCode;
	}
	return undefined;
}
