/*
 * The CLI's loop: signals and keys to the monitor, output to the terminal,
 * until the monitor says that the program has ended. Nothing here blocks but
 * ppoll, so neither a stalled terminal nor a busy program keeps the other from
 * being heard; what waits is one message in each direction.
 */
#include "../helper/packet.h"
#include "outbox.h"
#include "shim.h"
#include "signals.h"
#include "terminal.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct loop {
    struct session *session;
    struct terminal terminal;
    struct outbox outbox;
    struct keys keys;
    bool detach; /* once the input before the keys is sent */
    int signals;
    size_t output_at, output_end;
    uint8_t output[sizeof(struct packet) + PACKET_DATA_MAX];
};

static void end(struct loop *loop, enum session_end how, int32_t status) {
    if (loop->session->ended != 0)
        return;
    loop->session->ended = (int32_t)how;
    loop->session->status = status;
}

/* ---- to the monitor ---- */

static void send_all(struct loop *loop) {
    if (outbox_send(&loop->outbox, &loop->terminal) && loop->detach)
        end(loop, SESSION_DETACHED, 0);
}

/* ---- from the terminal ---- */

static void read_input(struct loop *loop) {
    uint8_t bytes[INPUT_MAX];
    ssize_t got = read(loop->terminal.in, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end(loop, SESSION_TERMINAL_GONE, SIGHUP);
        return;
    }
    loop->outbox.size = keys_filter(&loop->keys, bytes, (size_t)got, loop->outbox.input, &loop->detach);
    send_all(loop);
}

/* Stopped like any other program; the shell gets its terminal as it was, and we get it back with SIGCONT. */
static void stop(struct loop *loop) {
    terminal_restore(&loop->terminal);
    kill(getpid(), SIGSTOP);
}

static void hear_signal(struct loop *loop, int number) {
    bool raw = loop->terminal.in >= 0;
    if (number == SIGWINCH) {
        loop->outbox.resize = true;
    } else if (raw && number == SIGTSTP) {
        stop(loop);
    } else if (raw && number == SIGCONT) {
        terminal_make_raw(&loop->terminal);
        loop->outbox.resize = true;
    } else if (raw && (number == SIGHUP || !(loop->session->flags & SESSION_FORWARD_SIGNALS))) {
        /* Our terminal hangs up, or the signal is for us: the program stays. */
        end(loop, SESSION_TERMINAL_GONE, number);
    } else {
        loop->outbox.signals |= (uint64_t)1 << (number - 1);
    }
}

static void read_signals(struct loop *loop) {
    uint8_t numbers[64];
    ssize_t got = read(loop->signals, numbers, sizeof numbers);
    for (ssize_t at = 0; at < got; at++)
        hear_signal(loop, numbers[at]);
    send_all(loop);
}

/* ---- from the monitor ---- */

static void write_output(struct loop *loop) {
    long put =
        terminal_write(&loop->terminal, loop->output + loop->output_at, (long)(loop->output_end - loop->output_at));
    if (put == -EAGAIN || put == -EINTR)
        return;
    if (put >= 0) {
        loop->output_at += (size_t)put;
        return;
    }
    loop->output_at = loop->output_end;
    if (put == -EIO)
        end(loop, SESSION_TERMINAL_GONE, SIGHUP);
    /* Otherwise a pipe whose reader has gone: the program is not told, as without a terminal. */
}

static bool has_output(const struct loop *loop) { return loop->output_at < loop->output_end; }

static void receive(struct loop *loop) {
    struct packet packet;
    size_t size = 0;
    ssize_t got = recv(loop->session->control, loop->output, sizeof loop->output, MSG_DONTWAIT | MSG_TRUNC);
    /* ECONNRESET: the monitor ended with something of ours unread; what it sent comes after. */
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
        return;
    if (got <= 0) {
        end(loop, SESSION_MONITOR_GONE, 0);
        return;
    }
    if (!packet_decode(loop->output, (size_t)got, &packet, &size))
        return;
    if (packet.type == PACKET_EXITED)
        end(loop, SESSION_EXITED, packet.value);
    if (packet.type != PACKET_OUTPUT || loop->terminal.out < 0)
        return;
    loop->output_at = sizeof packet;
    loop->output_end = sizeof packet + size;
    write_output(loop);
}

/* ---- the loop ---- */

enum { AT_SIGNALS, AT_CONTROL, AT_IN, AT_OUT, WATCHED };

static void turn(struct loop *loop) {
    struct pollfd poll[WATCHED] = {
        [AT_SIGNALS] = {.fd = loop->signals, .events = POLLIN},
        [AT_CONTROL] = {.fd = loop->session->control},
        [AT_IN] = {.fd = loop->terminal.in},
        [AT_OUT] = {.fd = has_output(loop) ? loop->terminal.out : -1, .events = POLLOUT},
    };
    if (!has_output(loop))
        poll[AT_CONTROL].events |= POLLIN;
    if (!outbox_is_empty(&loop->outbox))
        poll[AT_CONTROL].events |= POLLOUT;
    else
        poll[AT_IN].events = POLLIN;
    /* Its hang-up is known while output waits, and cannot be asked not to be said. */
    if (has_output(loop) && outbox_is_empty(&loop->outbox))
        poll[AT_CONTROL].fd = -1;
    if (ppoll(poll, WATCHED, NULL, NULL) < 0)
        return;
    if (poll[AT_SIGNALS].revents)
        read_signals(loop);
    if (poll[AT_OUT].revents)
        write_output(loop);
    if (poll[AT_CONTROL].revents & POLLOUT)
        send_all(loop);
    if ((poll[AT_CONTROL].revents & (POLLIN | POLLHUP | POLLERR)) && !has_output(loop))
        receive(loop);
    if ((poll[AT_IN].revents & (POLLHUP | POLLERR)) && !(poll[AT_IN].revents & POLLIN))
        end(loop, SESSION_TERMINAL_GONE, SIGHUP);
    if ((poll[AT_IN].revents & POLLIN) && outbox_is_empty(&loop->outbox) && loop->session->ended == 0)
        read_input(loop);
}

static int begin(struct loop *loop) {
    struct session *session = loop->session;
    unsigned what = session->flags & SESSION_FORWARD_SIGNALS ? SIGNALS_FORWARD : 0;
    if (session->terminal_in >= 0)
        what |= SIGNALS_RAW;
    if (session->terminal_out >= 0)
        what |= SIGNALS_WINDOW;
    /* Before the terminal is raw: from then on nothing may end us without restoring it. */
    loop->signals = signals_begin(what);
    if (loop->signals < 0)
        return loop->signals;
    int error = terminal_begin(&loop->terminal, session->terminal_in, session->terminal_out);
    if (error < 0) {
        terminal_end(&loop->terminal);
        signals_end(loop->signals);
    }
    return error;
}

int64_t bunker_session(struct session *session) {
    /* 70 KB of buffers: not the stack of whoever calls. One session at a time. */
    static struct loop loop;
    memset(&loop, 0, offsetof(struct loop, output));
    loop.session = session;
    loop.outbox.control = session->control;
    loop.keys = (struct keys){.sequence = session->detach_keys};
    loop.keys.count = session->detach_count <= KEYS_MAX ? session->detach_count : 0;
    session->ended = session->status = 0;
    int error = begin(&loop);
    if (error < 0)
        return error;
    loop.outbox.resize = session->terminal_out >= 0;
    send_all(&loop);
    while (session->ended == 0)
        turn(&loop);
    terminal_end(&loop.terminal);
    signals_end(loop.signals);
    return 0;
}
