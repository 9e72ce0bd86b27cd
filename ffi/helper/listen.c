/* A unix socket in a directory whose path may be longer than an address holds (unix(7): 108 bytes): we go there. */
#include "listen.h"
#include "message.h"
#include "sys.h"
#include "tape.h"

static const struct unix_address address = {AF_UNIX, ATTACH_NAME};

static long bind_here(int listener) {
    /* Before the name is there: bind(2) takes the mode of the socket, and the monitor's umask is 0. */
    long error = SYS(fchmod, listener, 0600);
    if (error == 0)
        error = SYS(bind, listener, &address, sizeof address);
    return error == 0 ? SYS(listen, listener, ATTACH_MAX) : error;
}

int listen_in(int directory) {
    long error = SYS(fchdir, directory);
    if (error < 0)
        return (int)error;
    long listener = SYS(socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return (int)listener;
    error = bind_here((int)listener);
    if (error == 0)
        return (int)listener;
    SYS(close, listener);
    return (int)error;
}
