/*
 * Handlers, not signalfd: Bun's other threads do not block signals, and the
 * kernel may give one to any of them.
 */
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

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

int signals_begin(unsigned what) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    write_end = ends[1];
    memset(installed, 0, sizeof installed);
    for (int signal = 1; signal < NSIG; signal++)
        if (is_wanted(signal, what))
            install(signal);
    return ends[0];
}

void signals_end(int fd) {
    for (int signal = 1; signal < NSIG; signal++)
        if (installed[signal])
            sigaction(signal, &before[signal], NULL);
    close(fd);
    close(write_end);
    write_end = -1;
}
