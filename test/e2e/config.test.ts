/** The configuration file: defaults for flags, and errors that name the file and the key. */

import { describe, expect } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("the configuration", () => {
	const engine = useEngine("config");

	/** An environment in which the user's file says this. */
	const configured = (content: object | string) => {
		const home = engine.scratch();
		mkdirSync(`${home}/bunker`);
		writeFileSync(`${home}/bunker/config.json`, typeof content === "string" ? content : JSON.stringify(content));
		return { env: { XDG_CONFIG_HOME: home } };
	};

	ours("root and run-root are where things are kept; the environment and the flags win", async () => {
		const [root, other] = [engine.scratch(), engine.scratch()];
		const config = configured({ root, "run-root": `${root}/run` });
		const env = { ...config.env, BUNKER_ROOT: "", BUNKER_RUN_ROOT: "" };
		await engine.ok("ps", { env });
		expect(await Bun.file(`${root}/bunker.db`).exists()).toBe(true);
		await engine.ok("--root", other, "ps", { env });
		expect(await Bun.file(`${other}/bunker.db`).exists()).toBe(true);
		expect(await engine.ok("images", "-q", config)).not.toBe("");
	});

	ours("log-driver and log-opts hold where no flag says otherwise", async () => {
		const config = configured({ "log-driver": "json-file", "log-opts": { "max-file": "2" } });
		const log = async (...flags: string[]) => {
			const id = await engine.ok("create", ...flags, IMAGE, "true", config);
			const shown = await engine.ok("inspect", "-f", "{{json .HostConfig.LogConfig}}", id);
			await engine.ok("rm", id);
			return JSON.parse(shown);
		};
		expect(await log()).toMatchObject({ Type: "json-file", Config: { "max-file": "2" } });
		expect(await log("--log-opt", "max-file=3")).toMatchObject({ Type: "json-file", Config: { "max-file": "3" } });
		expect((await log("--log-driver", "local")).Type).toBe("local");
		expect((await log("--log-driver", "none")).Type).toBe("none");
	});

	ours("default-ulimits hold where --ulimit does not name them", async () => {
		const config = configured({ "default-ulimits": { nofile: "100:200" } });
		const limits = (...flags: string[]) =>
			engine.ok("run", "--rm", ...flags, IMAGE, "sh", "-c", "ulimit -Sn; ulimit -Hn", config);
		expect(await limits()).toBe("100\n200");
		expect(await limits("--ulimit", "nofile=50:60")).toBe("50\n60");
	});

	ours("dns is what containers ask", async () => {
		const config = configured({ dns: ["192.0.2.1", "192.0.2.2"] });
		const out = await engine.ok("run", "--rm", IMAGE, "grep", "^nameserver", "/etc/resolv.conf", config);
		expect(out).toBe("nameserver 192.0.2.1\nnameserver 192.0.2.2");
	});

	ours("info shows every key", async () => {
		const out = await engine.ok("info", configured({ dns: ["192.0.2.1"] }));
		for (const key of ["root", "run-root", "log-driver", "log-opts", "detach-keys", "default-ulimits", "dns"])
			expect(out).toMatch(new RegExp(`^ ${key}: `, "m"));
		expect(out).toContain("192.0.2.1");
	});

	ours("a bad key, or a file that others may write, is an error that names it", async () => {
		const wrong = configured({ dnss: [] });
		const path = `${wrong.env.XDG_CONFIG_HOME}/bunker/config.json`;
		expect(await engine.run("ps", wrong)).toMatchObject({
			code: 125,
			stderr: `bunker: read ${path}: unknown key "dnss"\nDid you mean "dns"?\n`,
		});
		writeFileSync(path, "{}");
		chmodSync(path, 0o666);
		expect(await engine.run("ps", wrong)).toMatchObject({
			code: 125,
			stderr: `bunker: read ${path}: others may write it\nchmod go-w ${path}\n`,
		});
		expect((await engine.run("version", wrong)).code).toBe(0);
	});
});
