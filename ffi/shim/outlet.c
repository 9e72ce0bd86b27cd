/*
 * O_NONBLOCK is never set on the caller's description, which other processes
 * have, too: a pipe or terminal is opened again instead, and where that is
 * refused small writes follow poll.
 */
#include "outlet.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a terminal takes for sure once it says POLLOUT (drivers/tty/n_tty.c, WAKEUP_CHARS). */
#define SHARED_MAX 256

static bool is_socket(int fd) {
    int type;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

static int open_again(int fd) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void outlet_begin(struct outlet *outlet, int fd) {
    *outlet = (struct outlet){.fd = fd, .kind = OUTLET_SHARED};
    if (fd < 0)
        return;
    /* No fstat, which is a symbol of glibc 2.33: what can be sought in is a file, whose offset is the caller's. */
    if (lseek(fd, 0, SEEK_CUR) >= 0) {
        outlet->kind = OUTLET_FILE;
    } else if (is_socket(fd)) {
        outlet->kind = OUTLET_SOCKET;
    } else {
        int again = open_again(fd);
        if (again >= 0)
            *outlet = (struct outlet){.fd = again, .kind = OUTLET_OWN};
    }
}

void outlet_end(struct outlet *outlet) {
    if (outlet->kind == OUTLET_OWN && outlet->fd >= 0)
        close(outlet->fd);
    outlet->fd = -1;
}

long outlet_write(const struct outlet *outlet, const uint8_t *bytes, size_t size) {
    if (outlet->kind == OUTLET_SHARED && size > SHARED_MAX)
        size = SHARED_MAX;
    ssize_t written = outlet->kind == OUTLET_SOCKET ? send(outlet->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                                                    : write(outlet->fd, bytes, size);
    return written < 0 ? -errno : written;
}
