/* What the compiler calls where there is no libc. Copies here are short: bulk data goes through the kernel. */
#include "sys.h"

/* The calls appear only after link-time optimisation has thrown away what nobody calls. */
#define KEPT __attribute__((used, externally_visible))

KEPT void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    uint8_t *out = to;
    const uint8_t *in = from;
#if defined(__x86_64__)
    __asm__ volatile("rep movsb" : "+D"(out), "+S"(in), "+c"(size)::"memory");
#else
    while (size-- > 0)
        *out++ = *in++;
#endif
    return to;
}

KEPT void *memmove(void *to, const void *from, size_t size) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out <= in)
        for (size_t at = 0; at < size; at++)
            out[at] = in[at];
    else
        while (size-- > 0)
            out[size] = in[size];
    return to;
}

KEPT void *memset(void *to, int byte, size_t size) {
    uint8_t *out = to;
    while (size-- > 0)
        *out++ = (uint8_t)byte;
    return to;
}

KEPT size_t strlen(const char *text) {
    size_t size = 0;
    while (text[size] != 0)
        size++;
    return size;
}
