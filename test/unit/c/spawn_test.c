/* bunker_spawn and bunker_sys: what the helper is started with. A shell stands in for it, run from a descriptor. */
#include "../../../ffi/shim/shim.h"
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int32_t pidfd;

static int64_t start(const int32_t *fds, int32_t count, int64_t soft, int helper, const char *script) {
    char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL};
    char *envp[] = {(char *)(uintptr_t) "PATH=/usr/bin:/bin", NULL};
    struct spawn spawn = {.fds = fds, .argv = argv, .envp = envp, .pidfd = &pidfd};
    spawn.nofile_soft = soft;
    spawn.helper = helper;
    spawn.count = count;
    pidfd = -1;
    return bunker_spawn(&spawn);
}

/* Runs a script with stdin and stderr /dev/null; what it says. */
static const char *run(int64_t soft, const char *script) {
    static char said[4096];
    int pair[2], shell = open("/bin/sh", O_PATH | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    ssize_t got, used = 0;
    if (pipe2(pair, O_CLOEXEC) < 0)
        return "";
    int64_t pid = start((int32_t[]){null, pair[1], null}, 3, soft, shell, script);
    close(pair[1]);
    close(shell);
    close(null);
    while ((got = read(pair[0], said + used, sizeof said - 1 - (size_t)used)) > 0)
        used += got;
    said[used] = 0;
    close(pair[0]);
    close(pidfd);
    waitpid((pid_t)pid, NULL, 0);
    return said;
}

static void system_calls(void) {
    errno = 77;
    CHECK(bunker_sys(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid());
    CHECK(bunker_sys(SYS_close, -1, 0, 0, 0, 0, 0) == -EBADF);
    char byte;
    int pair[2];
    CHECK(pipe2(pair, O_NONBLOCK) == 0);
    CHECK(bunker_sys(SYS_read, pair[0], (int64_t)(uintptr_t)&byte, 1, 0, 0, 0) == -EAGAIN);
    CHECK(errno == 77);
    close(pair[0]);
    close(pair[1]);
}

static void only_listed(void) {
    int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    CHECK(leak >= 0);
    CHECK(strcmp(run(-1, "echo /proc/self/fd/*"),
                 "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n") == 0);
    close(leak);
}

/* Lists that overlap their own numbers. */
static void permuted(void) {
    int pipes[3][2], shell = open("/bin/sh", O_PATH | O_CLOEXEC);
    int32_t fds[6] = {-1, -1, -1, -1, -1, -1};
    CHECK(shell >= 0);
    for (int at = 0; at < 3; at++) {
        CHECK(pipe2(pipes[at], O_CLOEXEC) == 0);
        CHECK(pipes[at][1] < 16);
        /* Writing ends at 3, 4, 5, in an order that a plain loop of dup2 would destroy. */
        fds[5 - at] = pipes[at][1];
    }
    int64_t pid = start(fds, 6, -1, shell, "echo three >&3; echo four >&4; echo five >&5; : <&0 || echo closed >&5");
    CHECK(pid > 0);
    for (int at = 0; at < 3; at++) {
        static const char *const expected[] = {"five\n", "four\n", "three\n"};
        char bytes[32] = "";
        close(pipes[at][1]);
        size_t used = 0;
        for (ssize_t got; (got = read(pipes[at][0], bytes + used, sizeof bytes - used - 1)) > 0;)
            used += (size_t)got;
        CHECK(strncmp(bytes, expected[at], strlen(expected[at])) == 0);
        close(pipes[at][0]);
    }
    waitpid((pid_t)pid, NULL, 0);
    close(pidfd);
    close(shell);
}

static void clean_signals(void) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    const char *said = run(-1, "grep '^Sig[BI]' /proc/self/status");
    sigset_t after;
    sigprocmask(SIG_SETMASK, &before, &after);
    signal(SIGPIPE, SIG_DFL);
    CHECK(strcmp(said, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n") == 0);
    CHECK(sigismember(&after, SIGUSR1));
}

static void file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    CHECK(strncmp(run(77, "ulimit -Sn"), "77\n", 3) == 0);
    rlim_t soft = limit.rlim_cur;
    getrlimit(RLIMIT_NOFILE, &limit);
    CHECK(limit.rlim_cur == soft);
}

static void failing_execve(void) {
    int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    CHECK(start((int32_t[]){0, 1, 2}, 3, -1, file, "") == -EACCES);
    CHECK(pidfd == -1);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    CHECK(start((int32_t[]){0, 1, 999}, 3, -1, file, "") == -EBADF);
    close(file);
}

static void names_the_process(void) {
    int shell = open("/bin/sh", O_PATH | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int64_t pid = start((int32_t[]){null, null, null}, 3, -1, shell, "exit 5");
    struct pollfd poll_one = {.fd = pidfd, .events = POLLIN};
    CHECK(pid > 0 && poll(&poll_one, 1, -1) == 1);
    int status;
    CHECK(waitpid((pid_t)pid, &status, 0) == pid && WEXITSTATUS(status) == 5);
    close(pidfd);
    close(shell);
    close(null);
}

static void handler(int signal) { (void)signal; }

/* A signal that comes while the child starts is the parent's. */
static void signals_meanwhile(void) {
    signal(SIGALRM, handler);
    for (int round = 0; round < 50; round++) {
        raise(SIGALRM);
        CHECK(strcmp(run(-1, "echo x"), "x\n") == 0);
    }
    signal(SIGALRM, SIG_DFL);
}

CHECK_MAIN({"a system call answers with its result or -errno, and errno stays", system_calls},
           {"the helper has the listed descriptors and no others", only_listed},
           {"descriptors are placed whatever their numbers", permuted},
           {"the helper's signals are unblocked and default, the caller's mask is back", clean_signals},
           {"the helper has the caller's file limit, and we keep ours", file_limit},
           {"an execve that fails is an errno and leaves no zombie", failing_execve},
           {"the pidfd is the helper's", names_the_process}, {"signals at the start do no harm", signals_meanwhile})
