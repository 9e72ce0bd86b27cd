/* memory.events and cgroup.procs: the kernel's, but what is read of them is counted and killed. */
#include "../../ffi/helper/cgroup.h"
#include "../../ffi/helper/oom.h"
#include "fuzz.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint64_t kills;
    struct pid_reader reader = {0};
    oom_count((const char *)bytes, size, &kills);
    for (size_t at = 0; at < size; at++)
        if (pid_read(&reader, (char)bytes[at]) < 0)
            abort(); /* kill(-1) would be everybody */
    return 0;
}
