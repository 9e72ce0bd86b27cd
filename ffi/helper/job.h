/* The job as it lies in memory: checked once, then trusted. */
#ifndef BUNKER_JOB_H
#define BUNKER_JOB_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

struct tape {
    uint8_t *bytes; /* the whole job */
    size_t size;
    struct step *steps;
    uint32_t step_count;
    uint8_t *data;
    uint32_t data_size;
    struct policy *policy;
};

/*
 * Checks that all offsets of a job lie within its bytes and turns its
 * relocations into addresses. False: it is no job, nothing of it may be used.
 * `bytes` is 8-aligned and writable.
 */
bool job_load(uint8_t *bytes, size_t size, struct tape *tape);

/* Maps the job in a memfd, private and writable, closes that, and loads it: job_map.c. */
bool job_map(int descriptor, struct tape *tape);

#endif
