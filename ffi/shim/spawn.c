/*
 * Starting the helper: clone3(CLONE_VM | CLONE_VFORK), then execveat from its
 * memfd. fork would copy Bun's page tables (10 ms). The child shares our memory
 * until the execve: it has a stack of its own, uses raw system calls only, no
 * errno and nothing of libc (thread-local storage is our thread's), and no
 * signal handler may run in it.
 */
#include "../helper/sys.h"
#include "shim.h"
#include <asm/signal.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define STACK_SIZE (64 * 1024)
#define SIGNALS 64

struct child {
    const struct spawn *spawn;
    int64_t error; /* negative once something has failed */
};

struct action {
    uint64_t zero[4];
};

struct limits {
    uint64_t soft, hard;
};

/* In the child: descriptor i becomes fds[i]. First all go above everything, so that none is overwritten unread. */
static long place_descriptors(const struct spawn *spawn) {
    int32_t above = spawn->helper;
    for (int32_t at = 0; at < spawn->count; at++)
        if (spawn->fds[at] > above)
            above = spawn->fds[at];
    above = above >= spawn->count ? above + 1 : spawn->count;
    for (int32_t at = 0; at < spawn->count; at++) {
        if (spawn->fds[at] < 0)
            continue;
        long moved = SYS(dup3, spawn->fds[at], above + at, O_CLOEXEC);
        if (moved < 0)
            return moved;
    }
    long helper = SYS(dup3, spawn->helper, above + spawn->count, O_CLOEXEC);
    for (int32_t at = 0; at < spawn->count && helper >= 0; at++) {
        long placed = spawn->fds[at] < 0 ? SYS(close, at) * 0 : SYS(dup3, above + at, at, 0);
        if (placed < 0)
            return placed;
    }
    if (helper >= 0)
        SYS(close_range, spawn->count, ~0u, CLOSE_RANGE_CLOEXEC);
    return helper;
}

static void limit_files(int64_t soft) {
    struct limits limits;
    if (soft < 0 || SYS(prlimit64, 0, RLIMIT_NOFILE, 0, &limits) < 0)
        return;
    limits.soft = (uint64_t)soft;
    SYS(prlimit64, 0, RLIMIT_NOFILE, &limits, 0);
}

static void reset_signals(void) {
    static const uint64_t none;
    const struct action action = {{0}};
    /* Our own table: without CLONE_SIGHAND it is a copy. A handler of Bun's must not run here. */
    for (int signal = 1; signal <= SIGNALS; signal++)
        SYS(rt_sigaction, signal, &action, 0, 8);
    SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

/* Runs on the child's stack and does not return. */
__attribute__((used)) static void run_child(struct child *child) {
    const struct spawn *spawn = child->spawn;
    reset_signals();
    long helper = place_descriptors(spawn);
    limit_files(spawn->nofile_soft);
    if (helper >= 0)
        helper = SYS(execveat, helper, "", spawn->argv, spawn->envp, AT_EMPTY_PATH);
    child->error = helper;
    sys_exit(127);
}

/*
 * clone3 whose child goes on in run_child. In assembly, because the child comes
 * back from the call on an empty stack, where no compiled function can return.
 */
static long clone_child(struct clone_args *args, struct child *child) {
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %[child], %%rdi\n\t"
                     "call *%[run]\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(result)
                     : "a"(__NR_clone3), "D"(args), "S"(sizeof *args), [child] "r"(child), [run] "r"(run_child)
                     : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = __NR_clone3;
    register long x0 __asm__("x0") = (long)args;
    register long x1 __asm__("x1") = sizeof *args;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, %[child]\n\t"
                     "blr %[run]\n\t"
                     "brk 0\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), [child] "r"(child), [run] "r"(run_child)
                     : "memory", "x30");
    result = x0;
#endif
    return result;
}

/* The child has failed and is gone; its number must not stay taken. */
static void bury(int32_t *pidfd) {
    SYS(waitid, P_PIDFD, *pidfd, 0, WEXITED);
    SYS(close, *pidfd);
    *pidfd = -1;
}

int64_t bunker_spawn(const struct spawn *spawn) {
    struct child child = {.spawn = spawn};
    long stack = SYS(mmap, 0, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack < 0)
        return stack;
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)spawn->pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)stack,
        .stack_size = STACK_SIZE,
    };
    const uint64_t all = ~(uint64_t)0;
    uint64_t before;
    SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    long pid = clone_child(&args, &child);
    SYS(rt_sigprocmask, SIG_SETMASK, &before, 0, 8);
    SYS(munmap, stack, STACK_SIZE);
    if (pid > 0 && child.error < 0) {
        bury(spawn->pidfd);
        return child.error;
    }
    return pid;
}
