/** A command that runs beside the test: what it printed so far, its stdin, its end. */

import type { Subprocess } from "bun";
import { patience } from "../patience.ts";

export class Program {
	private readonly process: Subprocess<"pipe" | number, "pipe", "pipe">;
	private readonly collected: { out: Uint8Array[]; err: Uint8Array[] } = { out: [], err: [] };
	private readonly drained: Promise<unknown>;

	constructor(
		private readonly words: string[],
		options: { env: Record<string, string>; cwd?: string; stdin: "pipe" | number },
	) {
		this.process = Bun.spawn(words, { ...options, stdout: "pipe", stderr: "pipe" });
		const { out, err } = this.collected;
		this.drained = Promise.all([collect(this.process.stdout, out), collect(this.process.stderr, err)]);
	}

	get pid(): number {
		return this.process.pid;
	}

	/** what it has printed so far */
	get bytes(): Uint8Array {
		return Buffer.concat(this.collected.out);
	}

	get stdout(): string {
		return Buffer.concat(this.collected.out).toString();
	}

	get stderr(): string {
		return Buffer.concat(this.collected.err).toString();
	}

	get running(): boolean {
		return this.process.exitCode === null && this.process.signalCode === null;
	}

	/** Writes to its stdin, which stays open. */
	write(text: string | Uint8Array): void {
		const { stdin } = this.process;
		if (typeof stdin !== "object") throw new Error("its stdin was given as a descriptor");
		stdin.write(text);
		stdin.flush();
	}

	/** Writes all its stdin and ends it. That the program reads none of it is no error. */
	async feed(content: string | Uint8Array): Promise<void> {
		const { stdin } = this.process;
		if (typeof stdin !== "object") return;
		try {
			if (content.length > 0) stdin.write(content);
			await stdin.end();
		} catch (error) {
			if ((error as { code?: string }).code !== "EPIPE") throw error;
		}
	}

	kill(signal: NodeJS.Signals): void {
		this.process.kill(signal);
	}

	/**
	 * Waits for its end and the end of its output.
	 * @returns its exit code, 128 + n for signal n
	 */
	async ended(timeout = 30_000): Promise<number> {
		const limit = patience(timeout);
		const done = Promise.all([this.process.exited, this.drained]).then(([code]) => code);
		const code = await Promise.race([done, Bun.sleep(limit).then(() => undefined)]);
		if (code !== undefined) return code;
		this.process.kill("SIGKILL");
		throw new Error(`${this.describe()}: not done after ${limit} ms`);
	}

	/** Waits until it has printed something on stdout (or, with "err", on stderr). */
	async prints(text: string | RegExp, where: "out" | "err" = "out", timeout = 15_000): Promise<void> {
		const deadline = Date.now() + patience(timeout);
		const soFar = () => (where === "out" ? this.stdout : this.stderr);
		while (!(typeof text === "string" ? soFar().includes(text) : text.test(soFar()))) {
			if (Date.now() > deadline) throw new Error(`${this.describe()}: never printed ${text}`);
			await Bun.sleep(10);
		}
	}

	private describe(): string {
		return `${this.words.join(" ")} (stdout ${JSON.stringify(this.stdout.slice(-500))}, stderr ${JSON.stringify(this.stderr.slice(-500))})`;
	}
}

async function collect(stream: ReadableStream<Uint8Array>, into: Uint8Array[]): Promise<void> {
	for await (const chunk of stream) into.push(chunk);
}
