/* Reading and writing by kind (enum caller_kind). */
#include "end.h"
#include "control.h"
#include "message.h"
#include "sys.h"
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

/* As much as a pipe takes without blocking once it says POLLOUT (PIPE_BUF, pipe(7)). */
#define SHARED_MAX 4096

static bool is_ready(int fd, short events) {
    struct pollfd poll = {.fd = fd, .events = events};
    struct __kernel_timespec now = {0};
    return SYS(ppoll, &poll, 1, &now, 0, 0) > 0;
}

static size_t at_most(size_t size, size_t limit) { return size < limit ? size : limit; }

long end_read(const struct end *end, void *bytes, size_t size) {
    switch (end->kind) {
    case CALLER_SOCKET:
        return SYS(recvfrom, end->fd, bytes, size, MSG_DONTWAIT);
    case CALLER_SHARED:
        if (!is_ready(end->fd, POLLIN))
            return -EAGAIN;
        return SYS(read, end->fd, bytes, at_most(size, SHARED_MAX));
    default:
        return SYS(read, end->fd, bytes, size);
    }
}

long end_write(const struct end *end, const void *bytes, size_t size) {
    switch (end->kind) {
    case END_CONTROL:
        return control_output(end->fd, 1, bytes, size); /* a terminal's: nothing else goes this way */
    case CALLER_SOCKET:
        return SYS(sendto, end->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case CALLER_SHARED:
        if (!is_ready(end->fd, POLLOUT))
            return -EAGAIN;
        return SYS(write, end->fd, bytes, at_most(size, SHARED_MAX));
    default:
        return SYS(write, end->fd, bytes, size);
    }
}

void end_close(struct end *end) {
    if (end->fd >= 0 && end->kind != END_CONTROL)
        SYS(close, end->fd);
    *end = END_CLOSED;
}

void end_own(int fd) {
    long flags = SYS(fcntl, fd, F_GETFL);
    SYS(fcntl, fd, F_SETFL, flags | O_NONBLOCK);
}
