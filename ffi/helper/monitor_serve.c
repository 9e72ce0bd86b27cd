/* What the CLI asks for, and those that have attached, a message each. */
#include "cgroup.h"
#include "control.h"
#include "forward.h"
#include "monitor.h"
#include "restart.h"
#include "sys.h"
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

/* So that the streams have their turn, whatever one client sends. */
#define ROUNDS 16

static uint8_t message[CONTROL_SIZE] __attribute__((aligned(PAGE)));

/* Messages wait while the program starts (there is no terminal yet), and while its input is full. */
bool monitor_listens(const struct monitor *monitor) {
    return monitor->phase == RUNNING && stream_has_room(&monitor->in);
}

/* Whole pages only: what shares the last one is not ours. */
void monitor_serve_rest(void) { SYS(madvise, message, CONTROL_SIZE & ~(size_t)(PAGE - 1), MADV_DONTNEED); }

/* A frozen program takes no signal: as with docker's kill, it runs again. The row is put right by who looks next. */
static void resume(const struct monitor *monitor) {
    const char *cgroup = monitor->kept.cgroups != NULL ? monitor->kept.cgroups[0] : NULL;
    if (!cgroup_is_frozen(cgroup))
        return;
    long mark = SYS(openat, monitor->kept.policy.run_directory, HEALTH_THAWED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (mark >= 0)
        SYS(close, mark);
    cgroup_thaw(cgroup);
}

static void resize(const struct monitor *monitor, const struct packet *packet) {
    if (!(monitor->kept.policy.flags & POLICY_TERMINAL) || monitor->in.to.fd < 0)
        return;
    struct winsize size = {.ws_row = (unsigned short)packet->value, .ws_col = (unsigned short)packet->extra};
    SYS(ioctl, monitor->in.to.fd, TIOCSWINSZ, &size);
}

static void end_input(struct monitor *monitor) {
    struct stream *in = &monitor->in;
    /* A terminal has no end of its own; the program is sent an EOT character, which is input. */
    if (monitor->kept.policy.flags & POLICY_TERMINAL)
        return;
    in->ended = true;
    if (!stream_is_pending(in))
        end_close(&in->to);
}

static bool gives_input(const struct client *client) { return client->streams & ATTACH_STDIN; }

bool monitor_listens_to(const struct monitor *monitor, const struct client *client) {
    return gives_input(client) ? monitor_listens(monitor) : monitor->phase == RUNNING;
}

/* A client's end of input is the program's only where docker's StdinOnce says so; otherwise others may come. */
static void end_client_input(struct monitor *monitor, const struct client *client) {
    if (gives_input(client) && (monitor->kept.policy.flags & POLICY_STDIN_ONCE))
        end_input(monitor);
}

static void obey(struct monitor *monitor, const struct packet *packet, const uint8_t *data, size_t size) {
    switch (packet->type) {
    case PACKET_INPUT:
        stream_feed(&monitor->in, data, size);
        return;
    case PACKET_INPUT_END:
        end_input(monitor);
        return;
    case PACKET_RESIZE:
        resize(monitor, packet);
        return;
    case PACKET_PORTS:
        forward_change(data, size);
        return;
    case PACKET_RESTART:
        restart_change(&monitor->kept.policy, (uint32_t)packet->value, data, size);
        return;
    case PACKET_SIGNAL:
        SYS(pidfd_send_signal, monitor->pidfd, packet->value, 0, 0);
        resume(monitor);
        return;
    default: /* of a later version */
        return;
    }
}

static void obey_client(struct monitor *monitor, struct client *client, const struct packet *packet, size_t size) {
    switch (packet->type) {
    case PACKET_ATTACH:
        client_attach(client, (uint32_t)packet->value, monitor->program);
        return;
    case PACKET_INPUT_END:
        end_client_input(monitor, client);
        return;
    case PACKET_INPUT:
        if (!gives_input(client))
            return;
        break;
    }
    obey(monitor, packet, message + sizeof *packet, size);
}

void monitor_drop_client(struct monitor *monitor, struct client *client) {
    end_client_input(monitor, client);
    client_drop(client);
}

void monitor_serve_client(struct monitor *monitor, struct client *client) {
    for (int round = 0; round < ROUNDS && monitor_listens_to(monitor, client); round++) {
        struct packet packet = {0};
        size_t size = 0;
        int got = control_receive(client->fd, message, &packet, &size);
        if (got == -EAGAIN)
            return;
        if (got < 0) {
            monitor_drop_client(monitor, client);
            return;
        }
        if (got > 0)
            obey_client(monitor, client, &packet, size);
    }
}

void monitor_serve(struct monitor *monitor) {
    while (monitor->control >= 0 && monitor_listens(monitor)) {
        struct packet packet = {0};
        size_t size = 0;
        int got = control_receive(monitor->control, message, &packet, &size);
        if (got == -EAGAIN)
            return;
        if (got < 0)
            monitor_leave(monitor);
        else if (got > 0)
            obey(monitor, &packet, message + sizeof packet, size);
    }
}
