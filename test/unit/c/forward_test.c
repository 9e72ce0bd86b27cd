/* The real helper holds ports, and copies what arrives there: the test is the client and the container. */
#include "../../../ffi/helper/forwarder.h"
#include "check.h"
#include "scene.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static struct scene scene;
/* What the container listens on: of TCP and of UDP. */
static int container[2];
/* The host's ports that lead there. */
static struct sockaddr_in6 host[2];

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct sockaddr_in6 loopback6(int port) {
    return (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_loopback};
}

static int listening(int type, const void *address, socklen_t size) {
    const int on = 1;
    int fd = socket(((const struct sockaddr *)address)->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) != 0 || (type == SOCK_STREAM && listen(fd, 4096) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static void name_of(int fd, void *address, socklen_t size) {
    if (getsockname(fd, address, &size) != 0)
        abort();
}

/* A port of either kind on ::1 that leads to one on 127.0.0.1, and a program that ends with its input. */
static bool begin(void) {
    const int types[2] = {SOCK_STREAM, SOCK_DGRAM};
    struct port ports[2] = {0};
    scene_begin(&scene);
    for (int at = 0; at < 2; at++) {
        struct sockaddr_in any = loopback(0), target;
        struct sockaddr_in6 any6 = loopback6(0);
        container[at] = listening(types[at], &any, sizeof any);
        name_of(container[at], &target, sizeof target);
        int fd = listening(types[at], &any6, sizeof any6);
        name_of(fd, &host[at], sizeof host[at]);
        ports[at] = (struct port){.fd = scene_pass(&scene, fd), .family = AF_INET6, .type = (uint16_t)types[at]};
        memcpy(ports[at].target, &target, sizeof target);
    }
    scene.policy->ports = scene_bytes(&scene, ports, sizeof ports);
    scene.policy->port_count = 2;
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line; exit 7");
    bool started = scene_start(&scene);
    for (int at = 0; at < 2; at++)
        close(scene.fds[ports[at].fd]);
    return started;
}

static bool end(void) {
    bool good = write(scene.in[1], "\n", 1) == 1 && scene_exited(&scene) == 7 && scene_monitor_end(&scene) == 0;
    for (int at = 0; at < 2; at++)
        close(container[at]);
    scene_end(&scene);
    return good;
}

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); }

static bool ready(int fd, short events) {
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, 5000) == 1;
}

/* The monitor's child of that name; 0: there is none. */
static pid_t forwarder_pid(void) {
    char path[64], text[256];
    pid_t found = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", scene.monitor, scene.monitor);
    FILE *children = fopen(path, "re");
    for (int pid; children != NULL && found == 0 && fscanf(children, "%d", &pid) == 1;) {
        snprintf(path, sizeof path, "/proc/%d/comm", pid);
        FILE *comm = fopen(path, "re");
        if (comm != NULL && fgets(text, sizeof text, comm) != NULL && strcmp(text, "bunker-forward\n") == 0)
            found = pid;
        if (comm != NULL)
            fclose(comm);
    }
    if (children != NULL)
        fclose(children);
    return found;
}

static int connected(int type) {
    int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 *to = &host[type == SOCK_DGRAM];
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return fd;
    close(fd);
    return -1;
}

static int accepted(void) { return ready(container[0], POLLIN) ? accept4(container[0], NULL, NULL, SOCK_CLOEXEC) : -1; }

static bool says(int fd, const char *text) {
    char bytes[64] = {0};
    return ready(fd, POLLIN) && recv(fd, bytes, sizeof bytes - 1, 0) == (ssize_t)strlen(text) &&
           strcmp(bytes, text) == 0;
}

static bool is_over(int fd) {
    char byte;
    return ready(fd, POLLIN) && recv(fd, &byte, 1, 0) == 0;
}

static void close_both(int one, int other) {
    close(one);
    close(other);
}

/* Ended, or reset: who was killed may not have read all of what it had passed on. */
static bool is_cut(int fd) {
    char byte;
    return ready(fd, POLLIN) && recv(fd, &byte, 1, 0) <= 0;
}

/* The container is at 127.0.0.1 first, then at ::1, then nowhere. */
static void moved(void) {
    struct sockaddr_in6 there = loopback6(ntohs(0)), old;
    struct ports_moved same = {.has_four = 1, .four = {127, 0, 0, 1}}, elsewhere = {.has_six = 1}, nowhere = {0};
    memcpy(elsewhere.six, &in6addr_loopback, sizeof elsewhere.six);
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(server >= 0);
    struct sockaddr_in port;
    name_of(container[0], &port, sizeof port);
    there.sin6_port = port.sin_port;
    int other = listening(SOCK_STREAM, &there, sizeof there);
    CHECK(other >= 0);
    name_of(other, &old, sizeof old);
    /* What says nothing new ends nothing. */
    scene_send(&scene, PACKET_PORTS, 0, 0, &same, sizeof same);
    scene_send(&scene, PACKET_PORTS, 0, 0, &elsewhere, sizeof elsewhere - 1);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK(send(client, "still", 5, 0) == 5 && says(server, "still"));
    scene_send(&scene, PACKET_PORTS, 0, 0, &elsewhere, sizeof elsewhere);
    CHECK(is_cut(client) && is_cut(server));
    close_both(client, server);
    client = connected(SOCK_STREAM);
    CHECK(ready(other, POLLIN));
    server = accept4(other, NULL, NULL, SOCK_CLOEXEC);
    CHECK(server >= 0 && write(server, "six", 3) == 3 && says(client, "six"));
    scene_send(&scene, PACKET_PORTS, 0, 0, &nowhere, sizeof nowhere);
    CHECK(is_over(client));
    close_both(client, server);
    client = connected(SOCK_STREAM);
    CHECK(ready(client, POLLIN | POLLHUP));
    close_both(client, other);
    CHECK(end());
}

static void lazy(void) {
    CHECK(begin());
    CHECK(forwarder_pid() == 0);
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(server >= 0 && forwarder_pid() > 0);
    close_both(client, server);
    CHECK(end());
}

static void half_close(void) {
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(send(client, "question", 8, 0) == 8 && shutdown(client, SHUT_WR) == 0);
    CHECK(says(server, "question") && is_over(server));
    CHECK(send(server, "answer", 6, 0) == 6 && says(client, "answer"));
    CHECK(send(server, "more", 4, 0) == 4 && says(client, "more"));
    CHECK(shutdown(server, SHUT_WR) == 0 && is_over(client));
    close_both(client, server);
    /* The other way round, the container first. */
    client = connected(SOCK_STREAM);
    server = accepted();
    CHECK(send(server, "hello", 5, 0) == 5 && shutdown(server, SHUT_WR) == 0);
    CHECK(says(client, "hello") && is_over(client));
    CHECK(send(client, "thanks", 6, 0) == 6 && says(server, "thanks"));
    close(client);
    CHECK(is_over(server));
    close(server);
    CHECK(end());
}

/* More than all buffers on the way take (tcp(7), tcp_rmem and tcp_wmem). */
#define MUCH (64 * 1024 * 1024)

static uint8_t pattern(size_t at) { return (uint8_t)(at * 31 + at / 4096); }

/* As much as goes without waiting. */
static size_t fill(int fd) {
    static uint8_t bytes[65536];
    size_t sent = 0;
    for (int idle = 0; sent < MUCH && idle < 50;) {
        size_t size = MUCH - sent < sizeof bytes ? MUCH - sent : sizeof bytes;
        for (size_t at = 0; at < size; at++)
            bytes[at] = pattern(sent + at);
        ssize_t now = send(fd, bytes, size, MSG_DONTWAIT);
        idle = now > 0 ? 0 : idle + 1;
        sent += now > 0 ? (size_t)now : 0;
        if (now <= 0)
            nap();
    }
    return sent;
}

static bool drains(int fd, size_t expected) {
    static uint8_t bytes[65536];
    for (size_t got = 0; got < expected;) {
        ssize_t now = ready(fd, POLLIN) ? recv(fd, bytes, sizeof bytes, 0) : -1;
        if (now <= 0)
            return false;
        for (size_t at = 0; at < (size_t)now; at++)
            if (bytes[at] != pattern(got + at))
                return false;
        got += (size_t)now;
    }
    return true;
}

/* User time and system time, in ticks. */
static unsigned long time_of(pid_t pid) {
    char path[64], text[512] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    if (stat == NULL || fgets(text, sizeof text, stat) == NULL)
        abort();
    fclose(stat);
    sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return user + system;
}

static void slow_reader(void) {
    CHECK(begin());
    int slow = connected(SOCK_STREAM), slow_server = accepted();
    size_t sent = fill(slow);
    CHECK(sent > 0 && sent < MUCH);
    /* Somebody else is served meanwhile, and nobody turns in circles. */
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(send(client, "hello", 5, 0) == 5 && says(server, "hello"));
    close_both(client, server);
    unsigned long before = time_of(forwarder_pid());
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    CHECK(time_of(forwarder_pid()) - before < 10);
    shutdown(slow, SHUT_WR);
    CHECK(drains(slow_server, sent) && is_over(slow_server));
    close_both(slow, slow_server);
    CHECK(end());
}

static void refused(void) {
    CHECK(begin());
    close(container[0]);
    int client = connected(SOCK_STREAM);
    char byte;
    CHECK(client >= 0 && ready(client, POLLIN) && recv(client, &byte, 1, 0) <= 0);
    close(client);
    CHECK(end());
}

static void reset(void) {
    const struct linger at_once = {.l_onoff = 1};
    char byte;
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(send(client, "x", 1, 0) == 1 && says(server, "x"));
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
    CHECK(ready(server, POLLIN) && recv(server, &byte, 1, 0) == -1 && errno == ECONNRESET);
    close(server);
    CHECK(end());
}

static void datagrams(void) {
    struct sockaddr_in6 from[2];
    socklen_t size = sizeof from[0];
    char byte;
    CHECK(begin());
    int one = connected(SOCK_DGRAM), other = connected(SOCK_DGRAM);
    for (int round = 0; round < 3; round++) {
        CHECK(send(one, "1", 1, 0) == 1 && ready(container[1], POLLIN));
        CHECK(recvfrom(container[1], &byte, 1, 0, (struct sockaddr *)&from[0], &size) == 1 && byte == '1');
        CHECK(send(other, "2", 1, 0) == 1 && ready(container[1], POLLIN));
        CHECK(recvfrom(container[1], &byte, 1, 0, (struct sockaddr *)&from[1], &size) == 1 && byte == '2');
        CHECK(sendto(container[1], "two", 3, 0, (struct sockaddr *)&from[1], size) == 3 && says(other, "two"));
        CHECK(sendto(container[1], "one", 3, 0, (struct sockaddr *)&from[0], size) == 3 && says(one, "one"));
        size = sizeof from[0];
    }
    /* An empty one is one, too. */
    CHECK(send(one, "", 0, 0) == 0 && ready(container[1], POLLIN) && recv(container[1], &byte, 1, 0) == 0);
    close_both(one, other);
    CHECK(end());
}

/* So many that they have no room; the last is served, and the forwarder holds no more than its table. */
static void many_senders(void) {
    int senders[FORWARD_PEERS + 50];
    char byte;
    CHECK(begin());
    for (int at = 0; at < FORWARD_PEERS + 50; at++) {
        senders[at] = connected(SOCK_DGRAM);
        CHECK(send(senders[at], "x", 1, 0) == 1 && ready(container[1], POLLIN));
        CHECK(recv(container[1], &byte, 1, 0) == 1);
    }
    char path[64];
    int open_files = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", forwarder_pid());
    DIR *directory = opendir(path);
    while (directory != NULL && readdir(directory) != NULL)
        open_files++;
    if (directory != NULL)
        closedir(directory);
    CHECK(open_files >= FORWARD_PEERS && open_files < FORWARD_PEERS + 20);
    for (int at = 0; at < FORWARD_PEERS + 50; at++)
        close(senders[at]);
    CHECK(end());
}

/* False: this machine does not allow so many. */
static bool raise_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max >= 2 * FORWARD_PAIRS + 200;
}

static int clients[FORWARD_PAIRS + 1], servers[FORWARD_PAIRS + 1];

static bool open_all(void) {
    for (int at = 0; at < FORWARD_PAIRS; at++)
        if ((clients[at] = connected(SOCK_STREAM)) < 0 || (servers[at] = accepted()) < 0)
            return false;
    return true;
}

static void close_all(void) {
    for (int at = 0; at <= FORWARD_PAIRS; at++)
        close_both(clients[at], servers[at]);
}

static bool is_reset(int fd) {
    char byte;
    return ready(fd, POLLIN) && recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET;
}

static void many_connections(void) {
    if (!raise_limit())
        return;
    CHECK(begin());
    CHECK(open_all());
    CHECK(send(clients[0], "first", 5, 0) == 5 && says(servers[0], "first"));
    clients[FORWARD_PAIRS] = connected(SOCK_STREAM);
    CHECK((servers[FORWARD_PAIRS] = accepted()) >= 0);
    CHECK(send(clients[FORWARD_PAIRS], "last", 4, 0) == 4 && says(servers[FORWARD_PAIRS], "last"));
    /* Who has waited longest to say something, and nobody else. */
    CHECK(is_reset(clients[1]) && is_reset(servers[1]));
    for (int at = 0; at < FORWARD_PAIRS; at++)
        CHECK(at == 1 || (send(servers[at], "on", 2, 0) == 2 && says(clients[at], "on")));
    close_all();
    CHECK(end());
}

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void busy_connections(void) {
    if (!raise_limit())
        return;
    CHECK(begin());
    CHECK(open_all());
    /* Some rounds: what was still while all were opened has begun to move before another comes. */
    uint64_t until = milliseconds() + 2 * FORWARD_STILL / 1000000;
    clients[FORWARD_PAIRS] = -1;
    for (int round = 0; round < 2 || milliseconds() < until; round++) {
        for (int at = 0; at < FORWARD_PAIRS; at++)
            CHECK(send(clients[at], "busy", 4, 0) == 4 && says(servers[at], "busy"));
        if (clients[FORWARD_PAIRS] < 0)
            clients[FORWARD_PAIRS] = connected(SOCK_STREAM);
    }
    CHECK(accept4(container[0], NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EAGAIN);
    /* At once where one ends of itself. */
    close_both(clients[0], servers[0]);
    CHECK((servers[FORWARD_PAIRS] = accepted()) >= 0);
    CHECK(send(servers[FORWARD_PAIRS], "last", 4, 0) == 4 && says(clients[FORWARD_PAIRS], "last"));
    clients[0] = servers[0] = -1;
    close_all();
    CHECK(end());
}

/* Some fifty are left to the forwarder: two for each connection. */
static void few_descriptors(void) {
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
    CHECK(begin());
    CHECK(prlimit(scene.monitor, RLIMIT_NOFILE, &few, NULL) == 0);
    for (int at = 0; at < 64; at++)
        CHECK((clients[at] = connected(SOCK_STREAM)) >= 0);
    for (int at = 0; at < 64; at++)
        CHECK((servers[at] = accepted()) >= 0);
    CHECK(send(clients[63], "last", 4, 0) == 4 && says(servers[63], "last"));
    CHECK(is_reset(clients[0]));
    for (int at = 0; at < 64; at++)
        close_both(clients[at], servers[at]);
    CHECK(end());
}

static void killed(void) {
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    CHECK(server >= 0 && kill(forwarder_pid(), SIGKILL) == 0 && ready(client, POLLIN));
    close_both(client, server);
    client = connected(SOCK_STREAM);
    server = accepted();
    CHECK(send(client, "again", 5, 0) == 5 && says(server, "again"));
    close_both(client, server);
    CHECK(end());
}

static void freed(void) {
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    pid_t pid = forwarder_pid();
    CHECK(pid > 0 && write(scene.in[1], "\n", 1) == 1 && scene_exited(&scene) == 7);
    /* Who has been told of the end may have the ports, even with connections that are left. */
    int again = listening(SOCK_STREAM, &host[0], sizeof host[0]),
        datagram = listening(SOCK_DGRAM, &host[1], sizeof host[1]);
    CHECK(again >= 0 && datagram >= 0 && kill(pid, 0) == -1);
    close_both(again, datagram);
    close_both(client, server);
    CHECK(scene_monitor_end(&scene) == 0);
    close_both(container[0], container[1]);
    scene_end(&scene);
}

/* Gone, or a zombie that the machine's init has not waited for yet. */
static bool is_dead(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    if (stat == NULL)
        return true;
    bool dead = fgets(text, sizeof text, stat) == NULL || strncmp(strrchr(text, ')'), ") Z", 3) == 0;
    fclose(stat);
    return dead;
}

static void orphaned(void) {
    CHECK(begin());
    int client = connected(SOCK_STREAM), server = accepted();
    pid_t pid = forwarder_pid();
    CHECK(pid > 0 && kill(scene.monitor, SIGKILL) == 0 && is_over(client));
    for (int tries = 0; tries < 1000 && !is_dead(pid); tries++)
        nap();
    CHECK(is_dead(pid));
    close_both(client, server);
    close_both(container[0], container[1]);
    scene_end(&scene);
}

CHECK_MAIN({"forward: there is no process until something arrives", lazy},
           {"forward: what either side ends goes on the other way", half_close},
           {"forward: a slow reader slows nobody else, and gets everything", slow_reader},
           {"forward: nobody listens in the container: the connection is closed", refused},
           {"forward: a reset is passed on", reset},
           {"forward: each client of a UDP port gets its own answers", datagrams},
           {"forward: clients of a UDP port are remembered up to a number, the latest", many_senders},
           {"forward: of more connections than there is room for the one that was still longest ends",
            many_connections},
           {"forward: where all connections are busy the next one waits until one ends", busy_connections},
           {"forward: without descriptors, too, the one that was still longest makes room", few_descriptors},
           {"forward: a killed forwarder is replaced", killed},
           {"forward: ports that are moved lead elsewhere, or nowhere, at once", moved},
           {"forward: the ports are free before the end is said", freed},
           {"forward: the forwarder dies with its monitor", orphaned})
