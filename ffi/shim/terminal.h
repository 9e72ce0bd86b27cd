/* The caller's terminal: its modes, raw while a session lasts, then as they were; and its size. */
#ifndef BUNKER_TERMINAL_H
#define BUNKER_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
    int in;  /* -1: none, nothing is made raw */
    int out; /* asked for the size before `in` is; -1: none */
    bool raw;
    struct termios before;
};

/* Makes `in` raw. 0, or -errno. */
int terminal_begin(struct terminal *terminal, int in, int out);

int terminal_make_raw(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);

/* Rows and columns; false where it is no terminal. */
bool terminal_size(const struct terminal *terminal, int32_t *rows, int32_t *columns);

#endif
