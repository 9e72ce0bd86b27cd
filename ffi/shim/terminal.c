/*
 * Modes, size and output of the caller's terminal. Its description belongs to
 * the caller's other processes too, so O_NONBLOCK is never set on it: a pipe or
 * terminal is opened again instead, and where that is refused small writes follow
 * poll.
 */
#include "terminal.h"
#include "../helper/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What a terminal takes for sure once it says POLLOUT (drivers/tty/n_tty.c, WAKEUP_CHARS). */
#define SHARED_MAX 256

static int open_again(int fd) {
    char name[32];
    /* Not a file, whose offset is the caller's; and no fstat, which is a symbol of glibc 2.33. */
    if (!isatty(fd) && fcntl(fd, F_GETPIPE_SZ) < 0)
        return -1;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int terminal_begin(struct terminal *terminal, int in, int out) {
    *terminal = (struct terminal){.in = in, .out = out};
    int again = out < 0 ? -1 : open_again(out);
    if (again >= 0) {
        terminal->out = again;
        terminal->own = true;
    }
    if (in < 0)
        return 0;
    if (tcgetattr(in, &terminal->before) < 0)
        return -errno;
    return terminal_make_raw(terminal);
}

void terminal_end(struct terminal *terminal) {
    terminal_restore(terminal);
    if (terminal->own)
        close(terminal->out);
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

long terminal_write(const struct terminal *terminal, const uint8_t *bytes, long size) {
    if (!terminal->own && size > SHARED_MAX)
        size = SHARED_MAX;
    long written = write(terminal->out, bytes, (size_t)size);
    return written < 0 ? -errno : written;
}
