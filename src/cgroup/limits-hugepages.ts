/** Huge pages, by their size. Kernel: Documentation/admin-guide/cgroup-v1/hugetlb.rst, cgroup-v2.rst (HugeTLB). Pure. */

import type { Resources } from "../runtime/runtime.ts";
import { bytesText, type LimitList, orMax } from "./limit-list.ts";

/** Adds the limits on huge pages: of what is used, and where the kernel has it (5.7) of what is reserved by mmap. */
export function hugePageLimits(list: LimitList, limits: NonNullable<Resources["hugepageLimits"]>): void {
	for (const { pageSize, limit } of limits)
		for (const [kind, infix] of [["", ""] as const, [" reserved", ".rsvd"] as const])
			list.set({
				limit: `the limit on${kind} huge pages of ${pageSize}`,
				to: bytesText(limit),
				controllers: ["hugetlb"],
				v1: [[`hugetlb.${pageSize}${infix}.limit_in_bytes`, String(limit)]],
				v2: [[`hugetlb.${pageSize}${infix}.max`, orMax(limit)]],
				missing: kind === "" ? "fail" : "pass",
			});
}
