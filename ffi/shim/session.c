/*
 * The CLI's loop: signals and input to the monitor, output to the caller, until
 * the monitor says that the program has ended. Nothing here blocks but ppoll, so
 * neither a stalled terminal nor a busy program keeps the other from being
 * heard; what waits is one message in each direction.
 */
#include "../helper/packet.h"
#include "../helper/sys.h"
#include "outbox.h"
#include "outlet.h"
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
    int input; /* -1: none, or it has ended */
    struct terminal terminal;
    struct outlet outlets[2];
    struct outbox outbox;
    struct keys keys;
    bool detach; /* once the input before the keys is sent */
    int signals;
    const struct outlet *outlet; /* of the output that waits */
    size_t output_at, output_end;
    uint8_t output[sizeof(struct packet) + PACKET_DATA_MAX];
};

static void end(struct loop *loop, enum session_end how, int32_t status) {
    if (loop->session->ended != 0)
        return;
    loop->session->ended = (int32_t)how;
    loop->session->status = status;
}

static bool has(const struct loop *loop, enum session_flag flag) { return loop->session->flags & flag; }

/* ---- to the monitor ---- */

static void send_all(struct loop *loop) {
    if (outbox_send(&loop->outbox, &loop->terminal) && loop->detach)
        end(loop, SESSION_DETACHED, 0);
}

/* A terminal that is raw has no end but a hang-up. What is read as it is has one, and the program is told. */
static void end_input(struct loop *loop) {
    loop->input = -1;
    if (has(loop, SESSION_RAW)) {
        end(loop, SESSION_TERMINAL_GONE, SIGHUP);
        return;
    }
    loop->outbox.end = true;
    send_all(loop);
}

static void read_input(struct loop *loop) {
    uint8_t bytes[INPUT_MAX];
    ssize_t got = read(loop->input, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end_input(loop);
        return;
    }
    loop->outbox.size = keys_filter(&loop->keys, bytes, (size_t)got, loop->outbox.input, &loop->detach);
    send_all(loop);
}

/*
 * Job control is for who reads the terminal, and that is us, not the program: in
 * the background the kernel stops us here (SIGTTIN), as it would stop any program
 * that is about to read. ppoll alone would not, and nothing is read.
 */
static void claim_input(const struct loop *loop) {
    uint8_t none;
    if (loop->input >= 0 && !has(loop, SESSION_RAW) && isatty(loop->input)) {
        ssize_t got = read(loop->input, &none, 0);
        (void)got;
    }
}

/* ---- signals ---- */

/* Stopped like any other program; the shell gets its terminal as it was, and we get it back with SIGCONT. */
static void stop(struct loop *loop) {
    terminal_restore(&loop->terminal);
    kill(getpid(), SIGSTOP);
}

static void forward(struct loop *loop, int number) {
    if (loop->session->program >= 0)
        SYS(pidfd_send_signal, loop->session->program, number, 0, 0);
    else
        loop->outbox.signals |= (uint64_t)1 << (number - 1);
}

static void hear_signal(struct loop *loop, int number) {
    bool raw = has(loop, SESSION_RAW);
    if (number == SIGWINCH) {
        loop->outbox.resize = true;
    } else if (raw && number == SIGTSTP) {
        stop(loop);
    } else if (raw && number == SIGCONT) {
        terminal_make_raw(&loop->terminal);
        loop->outbox.resize = true;
    } else if (raw && (number == SIGHUP || !has(loop, SESSION_FORWARD_SIGNALS))) {
        /* Our terminal hangs up, or the signal is for us: the program stays. */
        end(loop, SESSION_TERMINAL_GONE, number);
    } else {
        forward(loop, number);
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

static bool has_output(const struct loop *loop) { return loop->output_at < loop->output_end; }

static void write_output(struct loop *loop) {
    long put = outlet_write(loop->outlet, loop->output + loop->output_at, loop->output_end - loop->output_at);
    if (put == -EAGAIN || put == -EINTR)
        return;
    if (put >= 0) {
        loop->output_at += (size_t)put;
        return;
    }
    loop->output_at = loop->output_end;
    if (put == -EIO)
        end(loop, SESSION_TERMINAL_GONE, SIGHUP);
    else if (put == -EPIPE && has(loop, SESSION_GUEST))
        end(loop, SESSION_TERMINAL_GONE, SIGPIPE);
    /* Otherwise the program is not told, as without a terminal. */
}

static void take_output(struct loop *loop, int32_t number, size_t size) {
    loop->outlet = &loop->outlets[number == 2];
    if (loop->outlet->fd < 0)
        return;
    loop->output_at = sizeof(struct packet);
    loop->output_end = sizeof(struct packet) + size;
    write_output(loop);
}

static void obey(struct loop *loop, const struct packet *packet, size_t size) {
    switch (packet->type) {
    case PACKET_EXITED:
        end(loop, SESSION_EXITED, packet->value);
        return;
    case PACKET_OUTPUT:
        take_output(loop, packet->value, size);
        return;
    case PACKET_SKIPPED:
        loop->session->skipped += (uint64_t)(uint32_t)packet->extra << 32 | (uint32_t)packet->value;
        return;
    default: /* of a later version */
        return;
    }
}

static void receive(struct loop *loop) {
    struct packet packet;
    size_t size = 0;
    ssize_t got = recv(loop->session->control, loop->output, sizeof loop->output, MSG_DONTWAIT | MSG_TRUNC);
    /* ECONNRESET: the monitor ended with something of ours unread; what it sent comes after. */
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
        return;
    if (got <= 0)
        end(loop, SESSION_MONITOR_GONE, 0);
    else if (packet_decode(loop->output, (size_t)got, &packet, &size))
        obey(loop, &packet, size);
}

/* ---- the loop ---- */

enum { AT_SIGNALS, AT_CONTROL, AT_IN, AT_OUT, WATCHED };

static void turn(struct loop *loop) {
    struct pollfd poll[WATCHED] = {
        [AT_SIGNALS] = {.fd = loop->signals, .events = POLLIN},
        [AT_CONTROL] = {.fd = loop->session->control},
        [AT_IN] = {.fd = outbox_is_empty(&loop->outbox) || has(loop, SESSION_RAW) ? loop->input : -1},
        [AT_OUT] = {.fd = has_output(loop) ? loop->outlet->fd : -1, .events = POLLOUT},
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
    if ((poll[AT_IN].revents & (POLLHUP | POLLERR | POLLNVAL)) && !(poll[AT_IN].revents & POLLIN))
        end_input(loop);
    if ((poll[AT_IN].revents & POLLIN) && outbox_is_empty(&loop->outbox) && loop->session->ended == 0)
        read_input(loop);
}

static unsigned signals_wanted(const struct loop *loop) {
    return (has(loop, SESSION_FORWARD_SIGNALS) ? SIGNALS_FORWARD : 0u) | (has(loop, SESSION_RAW) ? SIGNALS_RAW : 0u) |
           (has(loop, SESSION_PTY) ? SIGNALS_WINDOW : 0u);
}

static int begin(struct loop *loop) {
    const struct session *session = loop->session;
    /* Before the terminal is raw: from then on nothing may end us without restoring it. */
    loop->signals = signals_begin(signals_wanted(loop));
    if (loop->signals < 0)
        return loop->signals;
    int error = terminal_begin(&loop->terminal, has(loop, SESSION_RAW) ? session->input : -1, session->output[0]);
    if (error < 0) {
        terminal_restore(&loop->terminal);
        signals_end();
        return error;
    }
    for (int at = 0; at < 2; at++)
        outlet_begin(&loop->outlets[at], session->output[at]);
    return 0;
}

static void finish(struct loop *loop) {
    terminal_restore(&loop->terminal);
    for (int at = 0; at < 2; at++)
        outlet_end(&loop->outlets[at]);
    signals_end();
}

int64_t bunker_hold_signals(void) {
    int fd = signals_begin(SIGNALS_FORWARD);
    return fd < 0 ? fd : 0;
}

int64_t bunker_session(struct session *session) {
    /* 70 KB of buffers: not the stack of whoever calls. One session at a time. */
    static struct loop loop;
    memset(&loop, 0, offsetof(struct loop, output));
    loop.session = session;
    loop.input = session->input;
    loop.outbox.control = session->control;
    loop.keys = (struct keys){.sequence = session->detach_keys};
    loop.keys.count = session->detach_count <= KEYS_MAX ? session->detach_count : 0;
    session->ended = session->status = 0;
    session->skipped = 0;
    int error = begin(&loop);
    if (error < 0)
        return error;
    loop.outbox.resize = has(&loop, SESSION_PTY);
    loop.outbox.redraw = has(&loop, SESSION_GUEST);
    claim_input(&loop);
    send_all(&loop);
    while (session->ended == 0)
        turn(&loop);
    finish(&loop);
    return 0;
}
