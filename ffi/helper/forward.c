/* When there is a forwarder: from the first that arrives until it has ended, for want of clients or killed. */
#include "forward.h"
#include "flows.h"
#include "forwarder.h"
#include "inet.h"
#include "message.h"
#include "sys.h"
#include "timer.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/eventpoll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/wait.h>

/* What has killed it once may do so again at once, while what has woken us up is still there. */
#define REST FORWARD_SECOND

static struct {
    struct port *ports;
    uint32_t count;
    int32_t epoll; /* of all the ports: one descriptor to poll, however many they are; -1: there are none */
    int32_t pidfd; /* of the forwarder; -1: none */
    uint64_t rest; /* until then there is none; 0: no rest */
} self = {.epoll = -1, .pidfd = -1};

int forward_begin(struct port *ports, uint32_t count) {
    if (count == 0)
        return 0;
    self.ports = ports;
    self.count = count;
    long epoll = SYS(epoll_create1, EPOLL_CLOEXEC);
    long error = epoll < 0 ? epoll : 0;
    for (uint32_t at = 0; at < count && error == 0; at++) {
        struct epoll_event event = {.events = EPOLLIN};
        error = SYS(epoll_ctl, epoll, EPOLL_CTL_ADD, ports[at].fd, &event);
    }
    self.epoll = (int32_t)epoll;
    return (int)error;
}

void forward_watch(struct pollfd *poll) {
    int32_t ports = self.rest == 0 ? self.epoll : -1;
    *poll = (struct pollfd){.fd = self.pidfd >= 0 ? self.pidfd : ports, .events = POLLIN};
}

bool forward_limit(struct __kernel_timespec *limit, bool limited) {
    return self.rest > 0 ? timer_limit(self.rest, limit, limited) : limited;
}

/* Nothing of the monitor's is open in it but the ports: pipes and locks must not outlive the monitor. */
static _Noreturn void become_forwarder(long monitor) {
    int32_t first = self.ports[0].fd, end = first + (int32_t)self.count;
    SYS(prctl, PR_SET_PDEATHSIG, SIGKILL);
    SYS(prctl, PR_SET_NAME, "bunker-forward");
    SYS(close_range, 3, first - 1, 0);
    SYS(close_range, end, ~0u, 0);
    if (SYS(getppid) != monitor)
        sys_exit(1);
    forwarder(self.ports, self.count);
}

static void start(void) {
    int32_t pidfd = -1;
    long monitor = SYS(getpid), pid = SYS(clone, SIGCHLD | CLONE_PIDFD, 0, &pidfd, 0, 0);
    if (pid == 0)
        become_forwarder(monitor);
    if (pid < 0)
        self.rest = timer_now() + REST;
    else
        self.pidfd = pidfd;
}

/* @return its exit status was 0: it had nothing more to do */
static bool reap(void) {
    siginfo_t info = {0};
    SYS(waitid, P_PIDFD, self.pidfd, &info, WEXITED | __WALL, 0);
    SYS(close, self.pidfd);
    self.pidfd = -1;
    return info.si_code == CLD_EXITED && info.si_status == 0;
}

void forward_continue(const struct pollfd *poll) {
    if (self.rest > 0 && timer_now() >= self.rest)
        self.rest = 0;
    if (poll->fd < 0 || !poll->revents)
        return;
    if (poll->fd != self.pidfd)
        start();
    else if (!reap())
        self.rest = timer_now() + REST;
}

static void kill_forwarder(void) {
    if (self.pidfd < 0)
        return;
    SYS(pidfd_send_signal, self.pidfd, SIGKILL, 0, 0);
    reap();
}

static bool same(const uint8_t *one, const uint8_t *other, size_t size) {
    for (size_t at = 0; at < size; at++)
        if (one[at] != other[at])
            return false;
    return true;
}

/* Of the socket's family if it can be; what has no family leads nowhere. The port stays. True: it led there before. */
static bool aim(struct port *port, const struct ports_moved *moved) {
    uint8_t before[sizeof port->target];
    memcpy(before, port->target, sizeof before);
    bool six = moved->has_six && (port->family == AF_INET6 || !moved->has_four);
    const uint16_t family = six ? AF_INET6 : moved->has_four ? AF_INET : AF_UNSPEC;
    memcpy(port->target, &family, sizeof family);
    memset(port->target + 4, 0, sizeof port->target - 4);
    if (six)
        memcpy(port->target + 8, moved->six, sizeof moved->six);
    else
        memcpy(port->target + 4, moved->four, sizeof moved->four);
    return same(port->target, before, sizeof before);
}

/* Who is connected by way of an old address has lost the container anyway; nobody else is disturbed. */
void forward_change(const uint8_t *data, size_t size) {
    struct ports_moved moved;
    if (size != sizeof moved)
        return;
    memcpy(&moved, data, sizeof moved);
    flows_forget(self.ports, self.count);
    bool as_before = true;
    for (uint32_t at = 0; at < self.count; at++)
        as_before &= aim(&self.ports[at], &moved);
    if (!as_before)
        kill_forwarder();
}

void forward_end(void) {
    kill_forwarder();
    if (self.epoll >= 0)
        SYS(close, self.epoll);
    if (self.count > 0)
        SYS(close_range, self.ports[0].fd, self.ports[0].fd + (int32_t)self.count - 1, 0);
    self.epoll = -1;
    self.count = 0;
}
