/* What the monitor takes along when it lets go of the job: policy, strings, descriptors. */
#ifndef BUNKER_KEEP_H
#define BUNKER_KEEP_H

#include "job.h"

struct kept {
    struct policy policy;
    const char *log_name;
    const char *log_attributes;
    char **cleanup; /* NULL: none */
    char **environment;
    struct port *ports; /* policy.port_count */
    char **cgroups;     /* NULL: none, or ended already */
    uint64_t started;   /* the program, CLOCK_REALTIME, nanoseconds; 0: not yet */
};

/* Copies what is needed and unmaps the job. False: out of memory. */
bool keep(struct tape *tape, struct kept *kept);

/* Closes every descriptor that is not the monitor's: others would pin mounts, or keep pipes from ending. */
void keep_descriptors(const struct kept *kept, int32_t pidfd);

#endif
