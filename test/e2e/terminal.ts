/** A real terminal: a shell in tmux, driven by keys and read from the screen. */

import { rmSync } from "node:fs";
import { patience } from "../patience.ts";

let screens = 0;

/** A line for a shell that waits until its terminal has a size, and then says `size 42`. */
export const awaitSize = (size: string): string =>
	`while [ "$(stty size)" != "${size}" ]; do sleep 0.1; done; echo size $((6 * 7))`;

/** One command to a server; `-f /dev/null`: nobody's configuration. */
async function tmux(socket: string, ...words: string[]): Promise<string> {
	const program = Bun.spawn(["tmux", "-f", "/dev/null", "-S", socket, ...words], { stdout: "pipe", stderr: "pipe" });
	const [out, err, code] = await Promise.all([
		new Response(program.stdout).text(),
		new Response(program.stderr).text(),
		program.exited,
	]);
	if (code !== 0) throw new Error(`tmux ${words[0]}: ${err}`);
	return out;
}

export class Screen {
	private constructor(private readonly socket: string) {}

	/** Opens a terminal with a shell whose prompt is `outside$`. */
	static async open(
		env: Record<string, string>,
		cwd: string,
		{ columns = 80, rows = 24 }: { columns?: number; rows?: number },
	): Promise<Screen> {
		// A server for each: one whose last session has just ended may take a new one with it.
		const socket = `/tmp/bunker-e2e-${process.pid}-${++screens}`;
		const variables = Object.entries({ ...env, PS1: "outside$ ", HISTFILE: "/dev/null" }).map(([k, v]) => `${k}=${v}`);
		const size = ["-x", String(columns), "-y", String(rows)];
		const shell = ["env", "-i", ...variables, "TERM=screen", "sh"];
		await tmux(socket, "new-session", "-d", "-c", cwd, ...size, ...shell);
		const screen = new Screen(socket);
		await screen.shows("outside$");
		return screen;
	}

	/** Types text, as it is; `\n` is the enter key. */
	async type(text: string): Promise<void> {
		for (const [index, line] of text.split("\n").entries()) {
			if (index > 0) await this.press("Enter");
			if (line) await tmux(this.socket, "send-keys", "-l", line);
		}
	}

	/** Presses keys by their names in tmux: `C-p`, `Enter`. */
	async press(...keys: string[]): Promise<void> {
		await tmux(this.socket, "send-keys", ...keys);
	}

	/** What the terminal shows, without trailing blanks. */
	async text(): Promise<string> {
		return (await tmux(this.socket, "capture-pane", "-p", "-J")).trimEnd();
	}

	/** Waits until the screen shows something. */
	async shows(text: string | RegExp, timeout = 15_000): Promise<string> {
		const deadline = Date.now() + patience(timeout);
		for (;;) {
			const now = await this.text();
			if (typeof text === "string" ? now.includes(text) : text.test(now)) return now;
			if (Date.now() > deadline) throw new Error(`the terminal never showed ${text}, but:\n${now}`);
			await Bun.sleep(20);
		}
	}

	/** From now on what programs write to the terminal goes to a file, too, as it is. */
	async record(path: string): Promise<void> {
		await tmux(this.socket, "pipe-pane", `cat > '${path}'`);
	}

	async resize(columns: number, rows: number): Promise<void> {
		await tmux(this.socket, "resize-window", "-x", String(columns), "-y", String(rows));
	}

	/** Process id of the shell. */
	async shell(): Promise<number> {
		return Number(await tmux(this.socket, "display-message", "-p", "#{pane_pid}"));
	}

	/** Takes the terminal away from what runs in it: a hang-up. */
	async close(): Promise<void> {
		await tmux(this.socket, "kill-server");
		rmSync(this.socket, { force: true });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close().catch(() => {}); // closed by the test already
	}
}
