/* termios(3) and the window's size. */
#include "terminal.h"
#include "../helper/sys.h"
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>

int terminal_begin(struct terminal *terminal, int in, int out) {
    *terminal = (struct terminal){.in = in, .out = out};
    if (in < 0)
        return 0;
    if (tcgetattr(in, &terminal->before) < 0)
        return -errno;
    return terminal_make_raw(terminal);
}

/* The modes of docker's client (moby/term, makeRaw), which are those of cfmakeraw. */
int terminal_make_raw(struct terminal *terminal) {
    if (terminal->in < 0)
        return 0;
    struct termios modes = terminal->before;
    cfmakeraw(&modes);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    if (tcsetattr(terminal->in, TCSANOW, &modes) < 0)
        return -errno;
    terminal->raw = true;
    return 0;
}

void terminal_restore(struct terminal *terminal) {
    if (!terminal->raw)
        return;
    /* With SIGTTOU blocked it works from the background as well (tcsetattr(3p)). */
    const uint64_t stop = (uint64_t)1 << (SIGTTOU - 1);
    uint64_t mask;
    SYS(rt_sigprocmask, SIG_BLOCK, &stop, &mask, sizeof mask);
    tcsetattr(terminal->in, TCSANOW, &terminal->before);
    SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    terminal->raw = false;
}

bool terminal_size(const struct terminal *terminal, int32_t *rows, int32_t *columns) {
    struct winsize size;
    if (ioctl(terminal->out, TIOCGWINSZ, &size) < 0 && ioctl(terminal->in, TIOCGWINSZ, &size) < 0)
        return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return true;
}
