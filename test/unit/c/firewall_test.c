/* The note of the firewall's state, as the monitor carries it on. */
#include "../../../ffi/helper/firewall.h"
#include "check.h"
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define COOKIE 71 /* SO_NETNS_COOKIE */

/* True if a note with this text behind the namespace becomes that one, when the kernel counted so. */
static bool becomes(uint64_t other, const char *text, int64_t before, int64_t after, const char *expected) {
    char written[128], wanted[128], found[128] = {0};
    uint64_t namespace = 0;
    socklen_t size = sizeof namespace;
    int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    int note = memfd_create("note", MFD_CLOEXEC);
    if (link < 0 || note < 0 || getsockopt(link, SOL_SOCKET, COOKIE, &namespace, &size) != 0)
        abort();
    snprintf(written, sizeof written, "%" PRIu64 " %s", namespace + other, text);
    snprintf(wanted, sizeof wanted, "%" PRIu64 " %s", namespace + other, expected);
    if (write(note, written, strlen(written)) != (ssize_t)strlen(written))
        abort();
    firewall_note(note, link, before, after);
    bool good = pread(note, found, sizeof found - 1, 0) == (ssize_t)strlen(wanted) && strcmp(found, wanted) == 0;
    close(note);
    close(link);
    return good;
}

static bool stays(uint64_t other, const char *text, int64_t before, int64_t after) {
    return becomes(other, text, before, after, text);
}

static void ours(void) {
    CHECK(becomes(0, "41 bunker0\n4 eth0\n", 41, 42, "42 bunker0\n4 eth0\n"));
    CHECK(becomes(0, "19 br-0123456789ab br-1\n", 19, 20, "20 br-0123456789ab br-1\n"));
    CHECK(becomes(0, "4294967294\n", 4294967294, 4294967295, "4294967295\n"));
}

static void others(void) {
    /* Somebody else was there before us, or in between; the note is of another namespace, or unsettled. */
    CHECK(stays(0, "40 bunker0\n", 41, 42));
    CHECK(stays(0, "41 bunker0\n", 41, 43));
    CHECK(stays(0, "41 bunker0\n", 41, 41));
    CHECK(stays(0, "410 bunker0\n", 41, 42));
    CHECK(stays(0, "-1 bunker0\n", 41, 42));
    CHECK(stays(0, "41 bunker0\n", -1, 0));
    CHECK(stays(1, "41 bunker0\n", 41, 42));
    CHECK(stays(0, "", 41, 42));
    CHECK(stays(0, "41", 41, 42));
}

/* A number with one digit more would move what is behind it. */
static void longer(void) { CHECK(stays(0, "99 bunker0\n", 99, 100)); }

CHECK_MAIN({"firewall: one change of ours is noted", ours}, {"firewall: what others have changed is not", others},
           {"firewall: a count that gets longer is left to the next look", longer})
