/* The set of clients. Their sockets never block, and the kernel's buffer is the only one: an idle client costs nothing.
 */
#include "clients.h"
#include "control.h"
#include "message.h"
#include "sys.h"

/* Beyond CLIENT_BUFFER, for the packets that must come: the kernel looks only whether any of it is left. */
#define LAST_WORDS (4 * CLIENT_BUFFER)

static void set_buffer(int fd, int32_t size) { SYS(setsockopt, fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size); }

static struct client *free_place(struct clients *clients) {
    for (int at = 0; at < ATTACH_MAX; at++)
        if (!client_is_there(&clients->all[at]))
            return &clients->all[at];
    return NULL;
}

void clients_accept(struct clients *clients, int listener) {
    int fd = (int)SYS(accept4, listener, 0, 0, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct client *client = free_place(clients);
    if (client == NULL) {
        control_send(fd, PACKET_REFUSED, ATTACH_MAX, 0);
        control_close(&fd);
        return;
    }
    set_buffer(fd, CLIENT_BUFFER);
    *client = (struct client){.fd = fd};
}

void client_attach(struct client *client, uint32_t streams, int32_t program) {
    client->attached = true;
    client->streams = streams;
    control_send(client->fd, PACKET_ATTACHED, program, 0);
}

void client_drop(struct client *client) {
    control_close(&client->fd);
    *client = (struct client){0};
}

static bool takes(const struct client *client, uint32_t number) {
    return client_is_there(client) && (client->streams & (number == 2 ? ATTACH_STDERR : ATTACH_STDOUT));
}

/* Once a piece was skipped, all that follows is, until the client is told: the gap is one, and where it is said. */
static void write_to(struct client *client, uint32_t number, const uint8_t *bytes, size_t size) {
    size_t done = 0;
    while (done < size && client->skipped == 0) {
        long sent = control_output(client->fd, number, bytes + done, size - done);
        if (sent == -EINTR)
            continue;
        if (sent < 0 && sent != -EAGAIN && sent != -ENOBUFS && sent != -ENOMEM)
            return; /* it is gone: ppoll says so, too */
        if (sent < 0)
            break;
        done += (size_t)sent;
    }
    client->skipped += size - done;
}

void clients_write(struct clients *clients, uint32_t number, const uint8_t *bytes, size_t size) {
    for (int at = 0; at < ATTACH_MAX; at++)
        if (takes(&clients->all[at], number))
            write_to(&clients->all[at], number, bytes, size);
}

void client_resume(struct client *client) {
    int32_t low = (int32_t)client->skipped, high = (int32_t)(client->skipped >> 32);
    if (control_send(client->fd, PACKET_SKIPPED, low, high) != -EAGAIN)
        client->skipped = 0;
}

void clients_finish(struct clients *clients, int32_t status) {
    for (int at = 0; at < ATTACH_MAX; at++) {
        struct client *client = &clients->all[at];
        if (!client_is_there(client))
            continue;
        set_buffer(client->fd, LAST_WORDS);
        if (client->skipped > 0)
            client_resume(client);
        if (client->attached)
            control_send(client->fd, PACKET_EXITED, status, 0);
        client_drop(client);
    }
}
