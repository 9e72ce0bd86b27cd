/* The monitor's part in attach: who is watched for what. Nothing here waits for a client. */
#include "listen.h"
#include "monitor.h"
#include "sys.h"
#include <asm/poll.h>

int monitor_open_attach(struct monitor *monitor) {
    int directory = monitor->kept.policy.run_directory;
    monitor->listener = directory < 0 ? -1 : listen_in(directory);
    return directory < 0 ? 0 : monitor->listener;
}

/*
 * One with nothing to be asked for is not watched at all: its hang-up cannot be
 * asked not to be said, and would wake us up without end while the input that it
 * has left us does not fit yet.
 */
static struct pollfd watched(const struct monitor *monitor, const struct client *client) {
    short events = monitor_listens_to(monitor, client) ? POLLIN : 0;
    if (client->skipped > 0)
        events |= POLLOUT;
    bool asks = client_is_there(client) && events != 0;
    return (struct pollfd){.fd = asks ? client->fd : -1, .events = events};
}

void monitor_watch_attach(const struct monitor *monitor, struct pollfd *poll) {
    poll[0] = (struct pollfd){.fd = monitor->phase == RUNNING ? monitor->listener : -1, .events = POLLIN};
    for (int at = 0; at < ATTACH_MAX; at++)
        poll[1 + at] = watched(monitor, &monitor->clients.all[at]);
}

static void continue_client(struct monitor *monitor, struct client *client, short ready) {
    if (ready & POLLOUT)
        client_resume(client);
    if (!(ready & ~POLLOUT))
        return;
    if (monitor_listens_to(monitor, client))
        monitor_serve_client(monitor, client);
    else if (ready & (POLLHUP | POLLERR))
        monitor_drop_client(monitor, client);
}

static void accept_client(struct monitor *monitor) {
    clients_accept(&monitor->clients, monitor->listener);
    stream_look(&monitor->out);
    stream_look(&monitor->err);
}

void monitor_continue_attach(struct monitor *monitor, const struct pollfd *poll) {
    for (int at = 0; at < ATTACH_MAX; at++)
        continue_client(monitor, &monitor->clients.all[at], poll[1 + at].revents);
    if (poll[0].revents)
        accept_client(monitor);
}

void monitor_close_attach(struct monitor *monitor) {
    clients_finish(&monitor->clients, monitor->status);
    if (monitor->listener >= 0)
        SYS(close, monitor->listener);
    monitor->listener = -1;
}
