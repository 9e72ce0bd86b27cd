/* Log lines: within the bound that the buffer has, and text that is UTF-8 without control characters. */
#include "../../ffi/helper/json.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size > JSON_LINE_MAX)
        return 0;
    uint8_t *out = malloc(JSON_SIZE_MAX);
    size_t used = json_line(out, bytes, size, size % 2, 1 + size % 3 % 2, (uint64_t)size * 1234567890123456u, "");
    if (used > JSON_SIZE_MAX || out[used - 1] != '\n' || memchr(out, '\n', used - 1) != NULL)
        __builtin_trap();
    for (size_t at = 0; at < used - 1; at++)
        if (out[at] < 0x20)
            __builtin_trap();
    free(out);
    return 0;
}
