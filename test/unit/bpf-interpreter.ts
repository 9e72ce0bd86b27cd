/** The few BPF instructions that device programs are made of, carried out and written out. */

import type { Instruction } from "../../ffi/bpf.ts";

/** A request as the kernel puts it to a device program. */
export interface Request {
	/** BPF_DEVCG_DEV_* */
	type: number;
	/** BPF_DEVCG_ACC_* together */
	access: number;
	major: number;
	minor: number;
}

/** The program's verdict. @throws Error for what it should not do */
export function run(program: readonly Instruction[], { type, access, major, minor }: Request): number {
	const context: Record<number, number> = { 0: type | (access << 16), 4: major, 8: minor };
	const registers: (number | undefined)[] = new Array(11);
	const get = (register: number) => {
		const value = registers[register];
		if (value === undefined) throw new Error(`register ${register} was never set`);
		return value >>> 0;
	};
	for (let at = 0; at < program.length; at++) {
		const { code, to, from = 0, offset = 0, value = 0 } = program[at] as Instruction;
		if (code === 0x61) {
			if (from !== 1) throw new Error("a load from elsewhere than the context");
			registers[to] = context[offset];
		} else if (code === 0x54) registers[to] = get(to) & value;
		else if (code === 0x74) registers[to] = get(to) >>> value;
		else if (code === 0xb7) registers[to] = value;
		else if (code === 0x05) at += offset;
		else if (code === 0x56) at += get(to) !== value >>> 0 ? offset : 0;
		else if (code === 0x46) at += (get(to) & value) !== 0 ? offset : 0;
		else if (code === 0x95) return get(0);
		else throw new Error(`instruction ${at} is unknown: ${code.toString(16)}`);
	}
	throw new Error("the program ends without a verdict");
}

/** One line for each instruction, jumps with the line they go to. */
export function disassemble(program: readonly Instruction[]): string {
	return program
		.map(({ code, to, from, offset = 0, value }, at) => {
			const target = at + 1 + offset;
			const lines: Record<number, string> = {
				97: `w${to} = *(u32 *)(r${from} + ${offset})`,
				84: `w${to} &= 0x${value?.toString(16)}`,
				116: `w${to} >>= ${value}`,
				183: `r${to} = ${value}`,
				5: `goto ${target}`,
				86: `if w${to} != ${value} goto ${target}`,
				70: `if w${to} & 0x${value?.toString(16)} goto ${target}`,
				149: "exit",
			};
			return `${at}: ${lines[code] ?? `unknown ${code.toString(16)}`}\n`;
		})
		.join("");
}
