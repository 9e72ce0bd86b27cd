/* The real helper and those that attach to it: the socket, the packets, slow clients and dead ones. */
#include "check.h"
#include "scene.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct scene scene;
static uint8_t data[PACKET_DATA_MAX];

static int connect_client(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/" ATTACH_NAME, scene.directory);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool say(int fd, int type, int32_t value, const char *text) {
    struct packet packet = {.version = PACKET_VERSION, .type = (uint8_t)type, .value = value};
    struct iovec parts[2] = {{&packet, sizeof packet}, {(void *)(uintptr_t)text, strlen(text)}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

/* The next packet; the size of its data, or -1 at the end. */
static ssize_t hear(int fd, struct packet *packet) {
    struct iovec parts[2] = {{packet, sizeof *packet}, {data, sizeof data}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got = recvmsg(fd, &message, 0);
    return got < (ssize_t)sizeof *packet ? -1 : got - (ssize_t)sizeof *packet;
}

static bool hears(int fd, int type, int32_t value, const char *text) {
    struct packet packet;
    ssize_t size = hear(fd, &packet);
    return size == (ssize_t)strlen(text) && packet.type == type && packet.value == value &&
           memcmp(data, text, (size_t)size) == 0;
}

static int attach(int32_t streams) {
    int fd = connect_client();
    if (fd >= 0 && say(fd, PACKET_ATTACH, streams, "") && hears(fd, PACKET_ATTACHED, scene.program, ""))
        return fd;
    return -1;
}

#define ALL (ATTACH_STDIN | ATTACH_STDOUT | ATTACH_STDERR)
#define OBEDIENT "while read what word; do $what $word; done"

/* A program that does what it is told, in the background. */
static bool start(unsigned flags, const char *script) {
    scene_begin(&scene);
    scene.policy->flags |= POLICY_DETACHED | flags;
    scene_shell(&scene, SCENE_STDIN, script);
    return scene_start(&scene);
}

static void streams(void) {
    CHECK(start(0, "one() { echo 1; }; two() { echo 2 >&2; }; " OBEDIENT));
    int fd = attach(ALL), err = attach(ATTACH_STDERR);
    CHECK(fd >= 0 && err >= 0);
    CHECK(say(fd, PACKET_INPUT, 0, "one\ntwo\nexit 7\n"));
    CHECK(hears(fd, PACKET_OUTPUT, 1, "1\n"));
    CHECK(hears(fd, PACKET_OUTPUT, 2, "2\n"));
    CHECK(hears(fd, PACKET_EXITED, 7, ""));
    CHECK(hears(err, PACKET_OUTPUT, 2, "2\n"));
    CHECK(hears(err, PACKET_EXITED, 7, ""));
    struct packet packet;
    CHECK(hear(fd, &packet) == -1);
    CHECK(scene_monitor_end(&scene) == 0);
    close(fd);
    close(err);
    scene_end(&scene);
}

static void mode(void) {
    struct stat status;
    mode_t mask = umask(0);
    CHECK(start(0, OBEDIENT));
    umask(mask);
    CHECK(fstatat(scene.directory_fd, ATTACH_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(S_ISSOCK(status.st_mode) && (status.st_mode & 0777) == 0600);
    scene_end(&scene);
}

static void too_many(void) {
    int fds[ATTACH_MAX];
    CHECK(start(0, OBEDIENT));
    for (int at = 0; at < ATTACH_MAX; at++)
        CHECK((fds[at] = attach(ALL)) >= 0);
    int refused = connect_client();
    CHECK(refused >= 0 && hears(refused, PACKET_REFUSED, ATTACH_MAX, ""));
    close(refused);
    /* A place that is left is given to the next. */
    close(fds[3]);
    int again = -1;
    while (again < 0)
        again = attach(ALL);
    CHECK(say(again, PACKET_INPUT, 0, "exit 2\n"));
    CHECK(hears(again, PACKET_EXITED, 2, ""));
    CHECK(hears(fds[0], PACKET_EXITED, 2, ""));
    for (int at = 0; at < ATTACH_MAX; at++)
        if (at != 3)
            close(fds[at]);
    close(again);
    scene_end(&scene);
}

/* Before PACKET_ATTACH a client gets nothing; what is of no known version or type does nothing. */
static void strangers(void) {
    CHECK(start(0, "one() { echo 1; }; " OBEDIENT));
    int silent = connect_client(), fd = attach(ALL);
    CHECK(silent >= 0 && fd >= 0);
    CHECK(send(fd, "\1", 1, MSG_NOSIGNAL) == 1);
    CHECK(send(fd, "\2\24          ", 12, MSG_NOSIGNAL) == 12);
    CHECK(say(fd, 99, 0, "") && say(fd, PACKET_SIGNAL, 0, "data where there is none"));
    CHECK(say(silent, PACKET_INPUT, 0, "exit 1\n"));
    CHECK(say(fd, PACKET_INPUT, 0, "one\n"));
    CHECK(hears(fd, PACKET_OUTPUT, 1, "1\n"));
    CHECK(recv(silent, data, sizeof data, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    CHECK(say(fd, PACKET_SIGNAL, SIGKILL, ""));
    CHECK(hears(fd, PACKET_EXITED, 137, ""));
    struct packet packet;
    CHECK(hear(silent, &packet) == -1);
    close(fd);
    close(silent);
    scene_end(&scene);
}

static void input_ends(bool once, bool says) {
    CHECK(start(once ? POLICY_STDIN_ONCE : 0, "cat; exit 4"));
    int other = attach(ATTACH_STDOUT), fd = attach(ALL);
    CHECK(fd >= 0 && other >= 0);
    CHECK(say(fd, PACKET_INPUT, 0, "text"));
    if (says)
        CHECK(say(fd, PACKET_INPUT_END, 0, ""));
    else
        close(fd);
    CHECK(hears(other, PACKET_OUTPUT, 1, "text"));
    if (!once) {
        int next = attach(ALL);
        CHECK(next >= 0 && say(next, PACKET_INPUT, 0, "more"));
        CHECK(hears(other, PACKET_OUTPUT, 1, "more"));
        close(next);
        kill(scene.program, SIGKILL);
    }
    CHECK(hears(other, PACKET_EXITED, once ? 4 : 137, ""));
    if (says)
        close(fd);
    close(other);
    scene_end(&scene);
}

static void ends_of_input(void) {
    for (int way = 0; way < 4 && check_failed == NULL; way++)
        input_ends(way & 1, way & 2);
}

/* Reads all that comes: bytes of output, bytes skipped; the status. */
static int read_on(int fd, size_t *got, size_t *skipped) {
    struct packet packet;
    *got = *skipped = 0;
    for (;;) {
        ssize_t size = hear(fd, &packet);
        if (size < 0)
            return -1;
        if (packet.type == PACKET_OUTPUT)
            *got += (size_t)size;
        if (packet.type == PACKET_SKIPPED)
            *skipped += (uint32_t)packet.value;
        if (packet.type == PACKET_EXITED)
            return packet.value;
    }
}

#define MUCH 20000000

/* One that does not read until the program has ended: the first megabyte, and how much was lost. */
static void stalled(void) {
    size_t got, skipped;
    CHECK(start(0, "read go; head -c 20000000 /dev/zero; exit 5"));
    int slow = attach(ATTACH_STDOUT), fd = attach(ALL);
    CHECK(slow >= 0 && fd >= 0);
    CHECK(say(fd, PACKET_INPUT, 0, "\n"));
    close(fd);
    CHECK(scene_monitor_end(&scene) == 0);
    CHECK(read_on(slow, &got, &skipped) == 5);
    CHECK(got >= 1024 * 1024 && got < MUCH / 2 && got + skipped == MUCH);
    close(slow);
    scene_end(&scene);
}

/* One that begins to read again is told at the place of the gap, and gets what follows. */
static void resumed(void) {
    struct packet packet;
    CHECK(start(0, "read go; head -c 20000000 /dev/zero; echo done >&2; read go; echo again; exit 6"));
    int slow = attach(ATTACH_STDOUT), fd = attach(ATTACH_STDIN | ATTACH_STDERR);
    CHECK(slow >= 0 && fd >= 0);
    CHECK(say(fd, PACKET_INPUT, 0, "\n"));
    CHECK(hears(fd, PACKET_OUTPUT, 2, "done\n"));
    size_t got = 0;
    for (ssize_t size; (size = hear(slow, &packet)) >= 0 && packet.type == PACKET_OUTPUT;)
        got += (size_t)size;
    CHECK(packet.type == PACKET_SKIPPED && got + (uint32_t)packet.value == MUCH && packet.extra == 0);
    CHECK(say(fd, PACKET_INPUT, 0, "\n"));
    CHECK(hears(slow, PACKET_OUTPUT, 1, "again\n"));
    CHECK(hears(slow, PACKET_EXITED, 6, ""));
    close(slow);
    close(fd);
    scene_end(&scene);
}

static long ticks_of(pid_t pid) {
    char name[64], text[512];
    unsigned long user = 0, kernel = 0;
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    FILE *file = fopen(name, "r");
    if (file == NULL || fgets(text, sizeof text, file) == NULL)
        return -1;
    fclose(file);
    sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (long)(user + kernel);
}

/* A client that has gone with its input untaken: its hang-up cannot be masked, and must not wake anybody for ever. */
static void gone_with_input(void) {
    CHECK(start(0, "exec sleep 60"));
    int fd = attach(ALL);
    CHECK(fd >= 0);
    memset(data, 'x', sizeof data);
    struct timeval limit = {.tv_usec = 100000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    struct packet packet = {.version = PACKET_VERSION, .type = PACKET_INPUT};
    struct iovec parts[2] = {{&packet, sizeof packet}, {data, 30000}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    while (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0)
        ;
    close(fd);
    long before = ticks_of(scene.monitor);
    poll(NULL, 0, 500);
    CHECK(ticks_of(scene.monitor) - before < 10);
    CHECK((fd = attach(ALL)) >= 0); /* others are heard meanwhile */
    close(fd);
    kill(scene.program, SIGKILL);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
}

/* With a CLI in front and no log the kernel moves the bytes: from the first client on they are seen. */
static void beside_splice(void) {
    size_t size;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "one() { echo 1; }; " OBEDIENT);
    CHECK(scene_start(&scene));
    CHECK(write(scene.in[1], "one\n", 4) == 4);
    char early[2];
    CHECK(read(scene.out[0], early, 2) == 2);
    int fd = attach(ALL);
    CHECK(fd >= 0);
    CHECK(write(scene.in[1], "one\n", 4) == 4);
    CHECK(hears(fd, PACKET_OUTPUT, 1, "1\n"));
    CHECK(say(fd, PACKET_INPUT, 0, "exit 3\n"));
    CHECK(scene_exited(&scene) == 3);
    CHECK(hears(fd, PACKET_EXITED, 3, ""));
    char *out = (char *)read_all(scene.out[0], &size);
    CHECK(size == 2 && memcmp(out, "1\n", 2) == 0);
    free(out);
    close(fd);
    scene_end(&scene);
}

static void terminal(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_TERMINAL, "stty -echo -onlcr; echo ready; while read line; do stty size; done");
    scene.policy->flags |= POLICY_DETACHED;
    CHECK(scene_start(&scene));
    int fd = attach(ALL);
    CHECK(fd >= 0);
    struct packet size = {.version = PACKET_VERSION, .type = PACKET_RESIZE, .value = 33, .extra = 77};
    CHECK(send(fd, &size, sizeof size, 0) == sizeof size);
    CHECK(say(fd, PACKET_INPUT, 0, "\n"));
    struct packet packet;
    long heard;
    /* It may come together with what was there before. */
    do {
        heard = hear(fd, &packet);
        CHECK(heard >= 0 && packet.type == PACKET_OUTPUT && packet.value == 1);
    } while (memmem(data, (size_t)heard, "33 77\n", 6) == NULL);
    CHECK(say(fd, PACKET_INPUT, 0, "\4"));
    CHECK(hears(fd, PACKET_EXITED, 0, ""));
    close(fd);
    scene_end(&scene);
}

CHECK_MAIN({"a client gets the streams that it asks for, then the status", streams},
           {"the attach socket is its owner's alone, whatever the umask", mode},
           {"more clients than there may be are refused, and a place that is left is free", too_many},
           {"who has not said ATTACH gets nothing, and what is unknown does nothing", strangers},
           {"a client's end of input is the program's only with STDIN_ONCE", ends_of_input},
           {"a client that stalls holds up nothing, and learns what it lost", stalled},
           {"a client that reads again goes on after the gap", resumed},
           {"a client that is gone wakes nobody, though its input is not taken", gone_with_input},
           {"a client sees the output that was spliced to the CLI before", beside_splice},
           {"a client types into a terminal and sets its size", terminal})
