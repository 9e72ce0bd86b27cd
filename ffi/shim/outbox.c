/* Messages to the monitor. That it is gone is seen on reading, not here. */
#include "outbox.h"
#include "../helper/tape.h"
#include <errno.h>
#include <sys/socket.h>

/* False: the socket is full. */
static bool send_packet(const struct outbox *outbox, struct packet packet, const uint8_t *data, size_t size) {
    packet.version = PACKET_VERSION;
    struct iovec parts[2] = {{&packet, sizeof packet}, {(void *)(uintptr_t)data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = size > 0 ? 2 : 1};
    return sendmsg(outbox->control, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || (errno != EAGAIN && errno != EINTR);
}

static bool send_size(struct outbox *outbox, const struct terminal *terminal) {
    struct packet packet = {.type = PACKET_RESIZE}, other = {.type = PACKET_RESIZE};
    if (!outbox->resize || !terminal_size(terminal, &packet.value, &packet.extra)) {
        outbox->resize = false;
        return true;
    }
    other.value = packet.value + 1;
    other.extra = packet.extra + 1;
    if (outbox->redraw && !send_packet(outbox, other, NULL, 0))
        return false;
    outbox->redraw = false;
    outbox->resize = !send_packet(outbox, packet, NULL, 0);
    return !outbox->resize;
}

static bool send_signals(struct outbox *outbox) {
    while (outbox->signals != 0) {
        struct packet packet = {.type = PACKET_SIGNAL, .value = __builtin_ctzll(outbox->signals) + 1};
        if (!send_packet(outbox, packet, NULL, 0))
            return false;
        outbox->signals &= outbox->signals - 1;
    }
    return true;
}

static bool send_input(struct outbox *outbox) {
    struct packet packet = {.type = PACKET_INPUT};
    if (outbox->size > 0 && !send_packet(outbox, packet, outbox->input, outbox->size))
        return false;
    outbox->size = 0;
    return true;
}

static bool send_end(struct outbox *outbox) {
    const struct packet packet = {.type = PACKET_INPUT_END};
    if (outbox->end && !send_packet(outbox, packet, NULL, 0))
        return false;
    outbox->end = false;
    return true;
}

bool outbox_send(struct outbox *outbox, const struct terminal *terminal) {
    return send_size(outbox, terminal) && send_signals(outbox) && send_input(outbox) && send_end(outbox);
}
