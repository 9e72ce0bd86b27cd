/** A podman with roots and a configuration of its own, for numbers beside ours. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { busyboxTar, IMAGE } from "./harness.ts";

export class Podman {
	private constructor(
		private readonly directory: string,
		private readonly runRoot: string,
	) {}

	/** Makes one with the image that engines start with. */
	static async open(directory: string): Promise<Podman> {
		// podman refuses a --runroot of more than 50 characters.
		const podman = new Podman(directory, mkdtempSync("/tmp/bunker-podman-"));
		// No ulimits: raising RLIMIT_NPROC fails where the hard limit is lower. runc: crun refuses hybrid cgroups.
		const configuration = [
			"[containers]\ndefault_ulimits = []",
			'[engine]\nruntime = "runc"',
			`[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "${directory}/networks"`,
		];
		writeFileSync(`${directory}/containers.conf`, `${configuration.join("\n")}\n`);
		podman.ok("import", await busyboxTar(), IMAGE);
		return podman;
	}

	/** Runs a command that must succeed. @returns stdout without its last newline */
	ok(...words: string[]): string {
		const { exitCode, stdout, stderr } = Bun.spawnSync(["podman", ...this.roots, ...words], {
			env: { ...process.env, CONTAINERS_CONF: `${this.directory}/containers.conf` },
			stdin: "ignore",
			timeout: 60_000,
		});
		if (exitCode !== 0) throw new Error(`podman ${words.join(" ")}: exit ${exitCode}: ${stderr}`);
		return stdout.toString().replace(/\n$/, "");
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.ok("rm", "-f", "-a", "-t", "0");
		// Who has run a container has mounted that on itself.
		Bun.spawnSync(["umount", `${this.directory}/root/overlay`]);
		for (const path of [`${this.directory}/root`, this.runRoot]) rmSync(path, { recursive: true, force: true });
	}

	private get roots(): string[] {
		const roots = ["--root", `${this.directory}/root`, "--runroot", this.runRoot, "--tmpdir", `${this.directory}/tmp`];
		return [...roots, "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
	}
}
