/* What the child says about its own start, on report_pipe (tape.h). Bytes in, verdict out. */
#ifndef BUNKER_REPORT_H
#define BUNKER_REPORT_H

#include "tape.h"
#include <stddef.h>

enum verdict {
    VERDICT_WAIT,    /* more must come */
    VERDICT_STARTED, /* ready, then the end: its execve has worked */
    VERDICT_FAILED,  /* a step failed: report_of */
    VERDICT_DIED,    /* the end, and nothing was said */
};

struct hearing {
    uint8_t bytes[1 + sizeof(struct report)];
    size_t size;
};

/* Takes `size` more bytes; 0 is the end of the pipe. */
enum verdict report_hear(struct hearing *hearing, const uint8_t *bytes, size_t size);

/* The report of VERDICT_FAILED. */
struct report report_of(const struct hearing *hearing);

#endif
