/* Killing and removing, by the names of the kernel (cgroups(7), Documentation/admin-guide/cgroup-v2.rst). */
#include "cgroup.h"
#include "sys.h"
#include "walk.h"
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

#define MILLISECOND 1000000

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* ---- Killing. ---- */

int32_t pid_read(struct pid_reader *reader, char byte) {
    if (byte == '\n') {
        int32_t pid = reader->bad ? 0 : (int32_t)reader->number;
        *reader = (struct pid_reader){0};
        return pid;
    }
    reader->number = reader->number * 10 + (uint64_t)(byte - '0');
    if (byte < '0' || byte > '9' || reader->number > INT32_MAX)
        *reader = (struct pid_reader){.bad = true};
    return 0;
}

static bool put(int directory, const char *name, const char *text) {
    long fd = SYS(openat, directory, name, O_WRONLY | O_CLOEXEC);
    long written = fd >= 0 ? SYS(write, fd, text, strlen(text)) : fd;
    if (fd >= 0)
        SYS(close, fd);
    return written > 0;
}

static void kill_members(int directory) {
    char bytes[1024];
    struct pid_reader reader = {0};
    long self = SYS(getpid), size, fd = SYS(openat, directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (size = SYS(read, fd, bytes, sizeof bytes)) > 0)
        for (long at = 0; at < size; at++) {
            int32_t pid = pid_read(&reader, bytes[at]);
            if (pid > 1 && pid != self)
                SYS(kill, pid, SIGKILL);
        }
    if (fd >= 0)
        SYS(close, fd);
}

static void thaw_first(int directory) { put(directory, "freezer.state", "THAWED"); }

void cgroup_kill(const char *path) {
    /* A frozen process of v1 does not die: in the end all are thawed, whoever has frozen them. */
    static const struct visitor killer = {.enter = kill_members, .leave = thaw_first};
    long directory = SYS(openat, AT_FDCWD, path, DIRECTORY);
    if (directory < 0)
        return;
    /* Since 5.14, and only of v2: all at once. */
    if (!put((int)directory, "cgroup.kill", "1")) {
        put((int)directory, "freezer.state", "FROZEN");
        walk((int)SYS(fcntl, directory, F_DUPFD_CLOEXEC, 0), &killer);
        thaw_first((int)directory);
    }
    SYS(close, directory);
}

/* ---- Asking. ---- */

/* The first byte of a file; 0 where there is none. */
static char first_of(int directory, const char *name) {
    char byte = 0;
    long fd = SYS(openat, directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    SYS(read, fd, &byte, 1);
    SYS(close, fd);
    return byte;
}

bool cgroup_is_frozen(const char *path) {
    long directory = path != NULL ? SYS(openat, AT_FDCWD, path, DIRECTORY) : -1;
    if (directory < 0)
        return false;
    /* v1: FROZEN, FREEZING or THAWED; v2: 1 or 0. */
    bool frozen = first_of((int)directory, "freezer.state") == 'F' || first_of((int)directory, "cgroup.freeze") == '1';
    SYS(close, directory);
    return frozen;
}

void cgroup_thaw(const char *path) {
    long directory = SYS(openat, AT_FDCWD, path, DIRECTORY);
    if (directory < 0)
        return;
    if (!put((int)directory, "freezer.state", "THAWED"))
        put((int)directory, "cgroup.freeze", "0");
    SYS(close, directory);
}

/* ---- Removing. ---- */

static bool is_occupied(long result) { return result == -EBUSY || result == -ENOTEMPTY; }

/* False: somebody is in it. What fails for another reason would fail again. */
static bool remove_one(int parent, const char *name) { return !is_occupied(SYS(unlinkat, parent, name, AT_REMOVEDIR)); }

static bool remove_tree(const char *path) {
    static const struct visitor remover = {.finish = remove_one};
    if (remove_one(AT_FDCWD, path))
        return true;
    long directory = SYS(openat, AT_FDCWD, path, DIRECTORY);
    return directory >= 0 && walk((int)directory, &remover) && remove_one(AT_FDCWD, path);
}

static bool remove_all(char *const *paths) {
    bool removed = true;
    for (; *paths != NULL; paths++)
        removed &= remove_tree(*paths);
    return removed;
}

static void nap(int round) {
    struct __kernel_timespec limit = {.tv_nsec = (round < 7 ? 1 << round : 100) * MILLISECOND};
    SYS(ppoll, 0, 0, &limit, 0, 0);
}

bool cgroup_end(char *const *paths, int rounds) {
    if (paths == NULL || *paths == NULL)
        return true;
    for (int round = 0; round < rounds; round++) {
        if (remove_all(paths))
            return true;
        cgroup_kill(paths[0]);
        nap(round);
    }
    return remove_all(paths);
}
