/* The detach keys: a sequence of bytes in the input that is for us and not for the program. */
#ifndef BUNKER_KEYS_H
#define BUNKER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_MAX 64

struct keys {
    const uint8_t *sequence;
    size_t count;
    size_t matched; /* bytes of the sequence that were seen and not passed on */
};

/*
 * Passes input on: `in` -> `out`, which has room for size + KEYS_MAX bytes.
 * Bytes that match so far are held back, and come when the next one does not
 * fit. `*detach`: the whole sequence was there; what follows it is dropped.
 */
size_t keys_filter(struct keys *keys, const uint8_t *in, size_t size, uint8_t *out, bool *detach);

#endif
