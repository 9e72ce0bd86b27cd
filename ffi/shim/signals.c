/*
 * Handlers, not signalfd: Bun's other threads do not block signals, and the
 * kernel may give one to any of them.
 */
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static int read_end = -1;
static volatile int write_end = -1;
static struct sigaction before[NSIG];
static bool installed[NSIG];

static void handle(int signal) {
    int error = errno;
    unsigned char number = (unsigned char)signal;
    /* Full: 64 KB of signals wait already. */
    ssize_t written = write(write_end, &number, 1);
    (void)written;
    errno = error;
}

/* What is for us or for the runtime: JavaScriptCore suspends its threads by SIGPWR, faults are its own. */
static bool is_forwarded(int signal) {
    switch (signal) {
    case SIGCHLD:
    case SIGPIPE:
    case SIGURG:
    case SIGKILL:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGWINCH:
    case SIGPWR:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
    case SIGXFSZ:
    case SIGXCPU:
    case SIGPROF:
    case SIGVTALRM:
        return false;
    default:
        /* The first real-time signals are libc's own (nptl(7)). */
        return signal < SIGSYS || signal >= SIGRTMIN;
    }
}

static bool is_for_raw(int signal) {
    switch (signal) {
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGTERM:
    case SIGTSTP:
    case SIGCONT:
        return true;
    default:
        return false;
    }
}

static void install(int signal) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    installed[signal] = sigaction(signal, &action, &before[signal]) == 0;
}

static bool is_wanted(int signal, unsigned what) {
    return ((what & SIGNALS_FORWARD) && is_forwarded(signal)) || ((what & SIGNALS_RAW) && is_for_raw(signal)) ||
           ((what & SIGNALS_WINDOW) && signal == SIGWINCH);
}

static void restore(int signal) {
    sigaction(signal, &before[signal], NULL);
    installed[signal] = false;
}

static int open_pipe(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    read_end = ends[0];
    write_end = ends[1];
    return 0;
}

int signals_begin(unsigned what) {
    int error = write_end < 0 ? open_pipe() : 0;
    if (error < 0)
        return error;
    for (int signal = 1; signal < NSIG; signal++) {
        bool wanted = is_wanted(signal, what);
        if (wanted && !installed[signal])
            install(signal);
        else if (!wanted && installed[signal])
            restore(signal);
    }
    return read_end;
}

void signals_end(void) {
    for (int signal = 1; signal < NSIG; signal++)
        if (installed[signal])
            restore(signal);
    close(read_end);
    close(write_end);
    read_end = write_end = -1;
}
