/* Plays a tape: step by step, no decisions (tape.h says what a step is). */
#ifndef BUNKER_PLAYER_H
#define BUNKER_PLAYER_H

#include "job.h"

enum played {
    PLAYED_FAILED,  /* step, error */
    PLAYED_MONITOR, /* in the parent of a STEP_MONITOR: pid */
    PLAYED_INIT,    /* in the parent of a STEP_INIT: pid */
};

struct outcome {
    enum played played;
    bool forked; /* we are a child of a STEP_MONITOR */
    uint32_t step;
    int32_t error;
    int32_t pid;
};

/* Returns only where the tape does not end in an execve that works. */
struct outcome play(const struct tape *tape);

#endif
