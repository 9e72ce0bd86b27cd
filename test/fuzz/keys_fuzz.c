/* Detach keys: nothing is lost and nothing is made up, however the input is cut. */
#include "../../ffi/shim/keys.h"
#include "fuzz.h"
#include <string.h>

#define INPUT_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t out[INPUT_MAX + KEYS_MAX];
    size_t used = 0;
    bool detach = false;
    if (size < 2 || size > INPUT_MAX || bytes[0] % 8 + 2u > size)
        return 0;
    struct keys keys = {.sequence = bytes + 1, .count = bytes[0] % 8};
    const uint8_t *in = bytes + 1 + keys.count;
    size_t rest = size - 1 - keys.count, at = 0;
    while (at < rest && !detach) {
        size_t piece = 1 + in[at] % 5u;
        piece = piece < rest - at ? piece : rest - at;
        used += keys_filter(&keys, in + at, piece, out + used, &detach);
        at += piece;
    }
    if (used > rest || memcmp(out, in, used) != 0)
        __builtin_trap();
    if (!detach && used + keys.matched != rest)
        __builtin_trap();
    return 0;
}
