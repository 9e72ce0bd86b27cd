/** What `version` says, in the shape of docker's (docker/cli, cli/command/system/version.go). There are no API and no Go. */

import { version } from "../../package.json";
import { architecture, commit } from "../flags/build.ts";

const BUILD = { GitCommit: commit, GoVersion: "", Os: "linux", Arch: architecture };

/** The client's part. */
export function clientVersion() {
	return { Version: version, ApiVersion: "", DefaultAPIVersion: "", ...BUILD, BuildTime: "", Context: "default" };
}

/** Client and server; one executable is both. @param kernelVersion of the host */
export function versionInfo(kernelVersion: string) {
	const details = {
		Arch: architecture,
		BunVersion: Bun.version,
		GitCommit: commit,
		KernelVersion: kernelVersion,
		Os: "linux",
	};
	return {
		Client: clientVersion(),
		Server: {
			Platform: { Name: "" },
			Components: [{ Name: "Engine", Version: version, Details: details }],
			Version: version,
			ApiVersion: "",
			MinAPIVersion: "",
			...BUILD,
			KernelVersion: kernelVersion,
			BuildTime: "",
		},
	};
}
