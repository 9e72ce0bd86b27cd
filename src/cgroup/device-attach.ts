/** The device controller of v2: a program, attached to the cgroup's directory. Loaded where it is needed. */

import { attachDeviceProgram, detachDevicePrograms, loadDeviceProgram } from "../../ffi/bpf.ts";
import { O_DIRECTORY, O_RDONLY } from "../../ffi/constants.ts";
import { closing, open } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import type { DeviceList } from "./device-list.ts";
import { deviceProgram } from "./device-program.ts";

/**
 * Makes a list the only one that a v2 cgroup keeps to; where it allows all, no program is needed.
 * @param path the cgroup's directory
 * @throws Failure (125)
 */
export function attachDeviceList(path: string, list: DeviceList): void {
	try {
		attach(path, list);
	} catch (error) {
		const message = `limit the use of devices in ${path}: ${(error as Error).message}`;
		throw new Failure(message, { exitCode: EXIT.refused, cause: error });
	}
}

function attach(path: string, list: DeviceList): void {
	using cgroup = closing(open(path, O_RDONLY | O_DIRECTORY));
	if (list.allowed && list.exceptions.length === 0) {
		detachDevicePrograms(cgroup.fd);
		return;
	}
	using program = closing(loadDeviceProgram(deviceProgram(list)));
	attachDeviceProgram(cgroup.fd, program.fd);
}
