/* The caller's terminal: raw while a session lasts, then as it was. */
#ifndef BUNKER_TERMINAL_H
#define BUNKER_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
    int in;  /* -1: none */
    int out; /* -1: none; a description of our own where that was possible */
    bool own;
    bool raw;
    struct termios before;
};

/* 0, or -errno. `out` is used without blocking: see terminal_write. */
int terminal_begin(struct terminal *terminal, int in, int out);
void terminal_end(struct terminal *terminal);

int terminal_make_raw(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);

/* Rows and columns; false where it is no terminal. */
bool terminal_size(const struct terminal *terminal, int32_t *rows, int32_t *columns);

/* Writes what can be written after POLLOUT without blocking. -errno. */
long terminal_write(const struct terminal *terminal, const uint8_t *bytes, long size);

#endif
