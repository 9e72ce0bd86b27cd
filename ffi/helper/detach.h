/* The undo list of a container's part in the host's firewall (tape.h, DETACH_NAME). */
#ifndef BUNKER_DETACH_H
#define BUNKER_DETACH_H

/* Plays the list in a directory, where there is one, and removes it; a directory of -1 has none. */
void detach(int directory);

#endif
