/** `completion`, in the shells it is made for. */

import { describe, expect } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready || !requires("tmux", "bash", "zsh", "fish"))("completion", () => {
	const engine = useEngine("completion");

	ours("bash: verbs, flags, containers and images complete in a terminal", async () => {
		await engine.ok("run", "-d", "--name", "compass", IMAGE, "sleep", "1000");
		await using screen = await engine.terminal();
		await screen.type("exec bash --norc\nPS1='bash> '\nsource <(bunker completion bash)\nclear\n");
		await screen.shows(/^bash>$/m);
		await screen.type("bunker insp");
		await screen.press("Tab");
		await screen.type("comp");
		await screen.press("Tab");
		await screen.shows("bunker inspect compass");
		await screen.press("C-u");
		await screen.type("bunker logs --fol");
		await screen.press("Tab");
		await screen.shows("bunker logs --follow");
		await screen.press("C-u");
		await screen.type(`bunker run -it ${IMAGE}:la`);
		await screen.press("Tab");
		await screen.shows(`bunker run -it ${IMAGE}:latest`);
		await engine.ok("rm", "-f", "compass");
	});

	ours("bash: a file where a file is wanted", async () => {
		const directory = engine.scratch();
		await Bun.write(`${directory}/archive.tar`, "");
		await using screen = await engine.terminal();
		await screen.type("exec bash --norc\nPS1='bash> '\nsource <(bunker completion bash)\nclear\n");
		await screen.shows(/^bash>$/m);
		await screen.type(`cd ${directory}; clear\n`);
		await screen.type("bunker load -i arch");
		await screen.press("Tab");
		await screen.shows("bunker load -i archive.tar");
	});

	ours("zsh: a verb and a container complete in a terminal", async () => {
		await engine.ok("run", "-d", "--name", "compass", IMAGE, "sleep", "1000");
		await using screen = await engine.terminal();
		await screen.type("exec zsh -f\nPS1='zsh> '; autoload -U compinit; compinit -u -D\n");
		await screen.type("source <(bunker completion zsh); clear\n");
		await screen.shows(/^zsh>$/m);
		await screen.type("bunker inspe");
		await screen.press("Tab");
		await screen.type("comp");
		await screen.press("Tab");
		await screen.shows("bunker inspect compass");
		await engine.ok("rm", "-f", "compass");
	});

	ours("fish: a verb completes with its description, a container by its name", async () => {
		await engine.ok("run", "-d", "--name", "compass", IMAGE, "sleep", "1000");
		const script = `${engine.scratch()}/bunker.fish`;
		await Bun.write(script, await engine.ok("completion", "fish"));
		const fish = (line: string) => {
			const env = { ...engine.environment, PATH: `${engine.directory}/bin:${engine.environment.PATH}` };
			const words = ["fish", "--no-config", "-c", `source ${script}; complete -C '${line}'`];
			return Bun.spawnSync(words, { env }).stdout.toString();
		};
		expect(fish("bunker inspe")).toMatch(/^inspect\tPrint everything/);
		expect(fish("bunker logs comp")).toBe("compass\n");
		await engine.ok("rm", "-f", "compass");
	});

	ours("of an unknown shell is refused by name", async () => {
		const outcome = await engine.run("completion", "tcsh");
		expect(outcome).toMatchObject({
			code: 125,
			stderr: 'bunker: completion for "tcsh": bash, zsh and fish are known\n',
		});
	});

	ours("makes no store where there is none", async () => {
		const nowhere = `${engine.scratch()}/none`;
		const outcome = await engine.run("__complete", "bash", "logs", "", { env: { BUNKER_ROOT: nowhere } });
		expect(outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
		expect(await Bun.file(`${nowhere}/bunker.db`).exists()).toBe(false);
	});
});
