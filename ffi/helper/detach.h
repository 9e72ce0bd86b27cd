/* The undo list of a container's part in the host's firewall (tape.h, DETACH_NAME). */
#ifndef BUNKER_DETACH_H
#define BUNKER_DETACH_H

#include <stdbool.h>

/* Plays the list in a directory; false: there is none, as in a directory of -1. */
bool detach(int directory);
/* Removes the list: nothing is left to do for who comes after a killed monitor. */
void detach_forget(int directory);

#endif
