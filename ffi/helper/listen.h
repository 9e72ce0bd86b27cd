/* The attach socket: made before the program runs, so that a container that runs has one. */
#ifndef BUNKER_LISTEN_H
#define BUNKER_LISTEN_H

/*
 * Makes the socket ATTACH_NAME in a directory, for its owner alone, and listens.
 * The working directory is the given one afterwards. The descriptor, or -errno.
 */
int listen_in(int directory);

#endif
