/* Signals on their way to a program in the foreground: handlers that write a number to a pipe, for ppoll to see. */
#ifndef BUNKER_SIGNALS_H
#define BUNKER_SIGNALS_H

enum signals_for {
    SIGNALS_FORWARD = 1, /* all that docker forwards */
    SIGNALS_RAW = 2,     /* what would leave a terminal raw, and what comes back to one */
    SIGNALS_WINDOW = 4,  /* its size has changed */
};

/*
 * Installs the handlers. The descriptor to read numbers from (a byte each), or
 * -errno. Called again, it changes which signals are handled, and what has come
 * since the first call waits to be read.
 */
int signals_begin(unsigned what);

/* Puts the handlers back that were there before. */
void signals_end(void);

#endif
