import { expect, test } from "bun:test";
import { kernelRelease } from "../../ffi/process.ts";
import { requireKernel } from "../../src/cli/store.ts";

test("a kernel before 5.12 is refused, and named", () => {
	expect(() => requireKernel("5.10.0-28-amd64")).toThrow("bunker needs Linux 5.12 or newer; this is 5.10.0-28-amd64");
	expect(() => requireKernel("4.19.1")).toThrow("this is 4.19.1");
	for (const release of ["5.12.0", "5.15.0-91-generic", "6.1.0", "10.0"])
		expect(requireKernel(release)).toBeUndefined();
});

test("the release is what the kernel says", async () => {
	expect(kernelRelease()).toBe((await Bun.file("/proc/sys/kernel/osrelease").text()).trim());
});
