/** `volume create`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { randomBytes } from "../../ffi/random.ts";
import { Failure } from "../failure.ts";
import { list, string } from "../flags/flags.ts";
import { recordOf } from "../flags/pairs.ts";
import { malformed } from "../flags/usage.ts";
import { ANONYMOUS_LABEL, createVolume, type NewVolume, type Volume } from "../volume/volume.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] [VOLUME]",
	operands: { least: 0, most: 1 },
	completes: [[]],
	flags: {
		driver: string("d", "what keeps it: local", { standard: "local", completes: ["local"] }),
		label: list("", "set a label: NAME or NAME=VALUE"),
		name: string("", "its name, as docker once had it"),
		opt: list("o", "an option of the driver: type=TYPE, device=SOURCE, o=OPTIONS, as mount(8) has them"),
	},
	description: "One that is there already is no error. Without a name it gets one, and goes when it is pruned.",
	examples: [
		"volume create data",
		"volume create --label backup=daily database",
		"volume create -o type=tmpfs -o device=tmpfs -o o=size=64m,mode=1777 scratch",
	],
	async run({ values, operands: [operand], open }) {
		if (operand && values.name)
			throw new Failure("conflicting options: a volume's name is given by --name or as an operand, not by both");
		const asked = volumeFrom(operand || values.name || "", values);
		const driver = values.driver || "local";
		if (driver !== "local")
			throw new Failure(`create ${asked.name}: volume driver "${driver}" not found: local is the only one`);
		const volume = await createVolume(await open(), asked);
		if (values.label.length > 0) await warnOfLabels(volume, asked);
		writeOut(STDOUT, `${volume.name}\n`);
		return 0;
	},
});

function volumeFrom(name: string, { label, opt }: { label: string[]; opt: string[] }): NewVolume {
	const [nameless] = label.filter((pair) => pair === "" || pair.startsWith("="));
	if (nameless !== undefined) throw malformed(`invalid label "${nameless}": a name is expected`);
	const options = opt.length > 0 ? { options: recordOf(opt) } : {};
	if (name === "")
		return { name: randomBytes(32).toHex(), labels: { ...recordOf(label), [ANONYMOUS_LABEL]: "" }, ...options };
	return { name, ...(label.length > 0 && { labels: recordOf(label) }), ...options };
}

/** docker passes over the labels of a volume that is there. */
async function warnOfLabels({ name, labels = {} }: Volume, asked: NewVolume): Promise<void> {
	const missing = Object.entries(asked.labels ?? {}).filter(([label, value]) => labels[label] !== value);
	if (missing.length === 0) return;
	const { warn } = await import("../flags/notice.ts");
	warn(`there is a volume ${name} already, without the label ${missing.map((pair) => pair.join("=")).join(", ")}`);
}
