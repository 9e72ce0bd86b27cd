/* As moby's term.NewEscapeProxy: a byte that breaks a match is looked at as the first of a new one. */
#include "keys.h"
#include <string.h>

size_t keys_filter(struct keys *keys, const uint8_t *in, size_t size, uint8_t *out, bool *detach) {
    size_t used = 0;
    *detach = false;
    for (size_t at = 0; at < size; at++) {
        if (keys->count > 0 && in[at] != keys->sequence[keys->matched]) {
            memcpy(out + used, keys->sequence, keys->matched);
            used += keys->matched;
            keys->matched = 0;
        }
        if (keys->count == 0 || in[at] != keys->sequence[keys->matched]) {
            out[used++] = in[at];
        } else if (++keys->matched == keys->count) {
            keys->matched = 0;
            *detach = true;
            return used;
        }
    }
    return used;
}
