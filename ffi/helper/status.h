/* How a process ended, as docker counts: its exit code, or 128 + the signal's number. */
#ifndef BUNKER_STATUS_H
#define BUNKER_STATUS_H

/* From the status word of wait4 (wait(2)). */
static inline int status_of_wait(int word) {
    int signal = word & 0x7f;
    return signal ? 128 + signal : (word >> 8) & 0xff;
}

#endif
