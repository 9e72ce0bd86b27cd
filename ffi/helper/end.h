/*
 * One end of a stream: a descriptor and how it may be used without ever
 * blocking on it. The caller's descriptors are shared with others, so O_NONBLOCK
 * is never set on them: that would change their description for everybody.
 */
#ifndef BUNKER_END_H
#define BUNKER_END_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

/* Beside enum caller_kind: data goes out as packets on the control socket, which the monitor owns. */
#define END_CONTROL 16

struct end {
    int32_t fd; /* -1: closed */
    uint32_t kind;
};

#define END_CLOSED ((struct end){.fd = -1})

/* Bytes moved, 0 at the end of the input, or -errno; -EAGAIN: poll first. */
long end_read(const struct end *end, void *bytes, size_t size);
long end_write(const struct end *end, const void *bytes, size_t size);

void end_close(struct end *end);

/* Sets O_NONBLOCK on a description that is ours alone. */
void end_own(int fd);

#endif
