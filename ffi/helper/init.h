/* The reaper of --init: PID 1 of a container, in front of its program. */
#ifndef BUNKER_INIT_H
#define BUNKER_INIT_H

#include <stdint.h>

/* Reaps all children and forwards signals to `program`; ends as it ends. */
_Noreturn void reap(int32_t program);

#endif
