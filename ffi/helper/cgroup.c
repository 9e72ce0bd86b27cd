/* Killing and removing, by the names of the kernel (cgroups(7), Documentation/admin-guide/cgroup-v2.rst). */
#include "cgroup.h"
#include "sys.h"
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

/* A container may have made cgroups below its own. */
#define DEPTH 32
#define MILLISECOND 1000000

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DT_DIR 4

/* struct linux_dirent64 (getdents64(2)) */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static bool is_child(const struct entry *entry) {
    const char *name = entry->name;
    bool dots = name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
    return entry->type == DT_DIR && !dots;
}

/* True where all visits were. */
static bool visit_children(int directory, bool (*visit)(int directory, const char *name, int depth), int depth) {
    uint8_t bytes[1024] __attribute__((aligned(8)));
    bool good = true;
    for (;;) {
        long size = SYS(getdents64, directory, bytes, sizeof bytes);
        if (size <= 0)
            return good;
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(void *)(bytes + at);
            if (is_child(entry))
                good &= visit(directory, entry->name, depth);
            at += entry->size;
        }
    }
}

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

static bool kill_tree(int parent, const char *name, int depth) {
    long directory = SYS(openat, parent, name, DIRECTORY);
    if (directory < 0)
        return false;
    kill_members((int)directory);
    if (depth > 0)
        visit_children((int)directory, kill_tree, depth - 1);
    SYS(close, directory);
    return true;
}

void cgroup_kill(const char *path) {
    long directory = SYS(openat, AT_FDCWD, path, DIRECTORY);
    if (directory < 0)
        return;
    /* Since 5.14, and only of v2: all at once. */
    if (!put((int)directory, "cgroup.kill", "1")) {
        /* A frozen process of v1 does not die: in the end all are thawed, whoever has frozen them. */
        put((int)directory, "freezer.state", "FROZEN");
        kill_tree((int)directory, ".", DEPTH);
        put((int)directory, "freezer.state", "THAWED");
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
static bool remove_tree(int parent, const char *name, int depth) {
    if (!is_occupied(SYS(unlinkat, parent, name, AT_REMOVEDIR)))
        return true;
    long directory = depth > 0 ? SYS(openat, parent, name, DIRECTORY) : -1;
    if (directory < 0)
        return false;
    bool emptied = visit_children((int)directory, remove_tree, depth - 1);
    SYS(close, directory);
    return emptied && !is_occupied(SYS(unlinkat, parent, name, AT_REMOVEDIR));
}

static bool remove_all(char *const *paths) {
    bool removed = true;
    for (; *paths != NULL; paths++)
        removed &= remove_tree(AT_FDCWD, *paths, DEPTH);
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
