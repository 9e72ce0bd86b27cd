/* /proc/PID/stat, whose second field is a name that its process chooses. */
#include "../../ffi/helper/stat.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint64_t start;
    stat_start((const char *)bytes, size, &start);
    return 0;
}
