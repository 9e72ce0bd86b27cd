/* Where output goes: one of the caller's descriptors, which is shared with others and must not block us. */
#ifndef BUNKER_OUTLET_H
#define BUNKER_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outlet_kind {
    OUTLET_SHARED, /* little at a time, after POLLOUT */
    OUTLET_OWN,    /* a description of our own, O_NONBLOCK */
    OUTLET_FILE,   /* never blocks */
    OUTLET_SOCKET,
};

struct outlet {
    int fd; /* -1: none */
    enum outlet_kind kind;
};

/* -1 is allowed. */
void outlet_begin(struct outlet *outlet, int fd);
void outlet_end(struct outlet *outlet);

/* Writes what can be written after POLLOUT without blocking. -errno. */
long outlet_write(const struct outlet *outlet, const uint8_t *bytes, size_t size);

#endif
