/*
 * A plain file: of one name, without holes, attributes and setuid, to a name
 * that nothing has yet. Nearly every file of a tree is one, and ten system calls
 * by way of JavaScript cost a third of what the kernel takes for them. Whatever
 * is not plain is left to src/copy, which knows what to do and what to say.
 *
 * Somebody hostile may change both directories meanwhile: O_PATH opens nothing,
 * so a device or a FIFO that takes the place of a file is only looked at.
 */
#include "../helper/sys.h"
#include "shim.h"
#include <asm/stat.h>
#include <linux/fcntl.h>

#define PIN (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define READ (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
#define NEW (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
/* linux/stat.h keeps these from who has a libc. */
#define TYPE 0170000
#define REGULAR 0100000
#define SPECIAL 07000
/* Bytes for one call: it cannot be interrupted before. */
#define MOST (1L << 30)

static bool is_plain(const struct stat *stat) {
    bool whole = (int64_t)stat->st_blocks * 512 >= (int64_t)stat->st_size;
    return (stat->st_mode & TYPE) == REGULAR && stat->st_nlink == 1 && (stat->st_mode & SPECIAL) == 0 && whole;
}

/* Without -a only a program's capabilities are kept, as docker does. */
static bool has_attributes(const struct copy *copy, long file) {
    if (copy->flags & COPY_ARCHIVE)
        return SYS(flistxattr, file, 0, 0) > 0;
    return SYS(fgetxattr, file, "security.capability", 0, 0) > 0;
}

/* The very file that was looked at, whatever has its name by now. */
static long reopen(const struct copy *copy, long pin) {
    char digits[12];
    char *at = digits + sizeof digits;
    *--at = 0;
    do
        *--at = (char)('0' + pin % 10);
    while ((pin /= 10) > 0);
    return SYS(openat, copy->descriptors, at, READ, 0);
}

/* Other file systems, old kernels: the next way may do. */
static bool cannot(long result) {
    return result == -EXDEV || result == -EINVAL || result == -EOPNOTSUPP || result == -ENOSYS || result == -EBADF;
}

static long move(const struct copy *copy, long source, long target, int64_t size) {
    long piece = size < MOST ? (long)size : MOST;
    if (copy->way == COPY_RANGE)
        return SYS(copy_file_range, source, 0, target, 0, piece, 0);
    return SYS(sendfile, target, source, 0, piece);
}

static long fill(struct copy *copy, long source, long target) {
    int64_t size = (int64_t)copy->size;
    for (int64_t left = size; left > 0;) {
        long moved = move(copy, source, target, left);
        if (moved > 0)
            left -= moved;
        else if (moved == 0 && left < size)
            break; /* it has become shorter */
        else if (moved == 0)
            return COPY_NOT_PLAIN;
        else if (cannot(moved) && ++copy->way == COPY_BY_CALLER)
            return COPY_NOT_PLAIN;
        else if (!cannot(moved) && moved != -EINTR)
            return moved;
    }
    return COPY_MADE;
}

static long make(struct copy *copy, long source, const struct stat *stat) {
    long target = SYS(openat, copy->to, copy->name, NEW, stat->st_mode & 0777);
    if (target < 0)
        return COPY_NOT_PLAIN;
    copy->size = (uint64_t)stat->st_size;
    long result = fill(copy, source, target);
    long failed = 0;
    if ((copy->flags & COPY_ARCHIVE) && (stat->st_uid != 0 || stat->st_gid != 0))
        failed = SYS(fchown, target, stat->st_uid, stat->st_gid);
    /* Access and modification follow each other, as two struct timespec. */
    if (failed == 0)
        failed = SYS(utimensat, target, 0, &stat->st_atime, 0);
    SYS(close, target);
    return result == COPY_MADE && failed < 0 ? failed : result;
}

int64_t bunker_copy_plain(struct copy *copy) {
    if (copy->way == COPY_BY_CALLER)
        return COPY_NOT_PLAIN;
    long pin = SYS(openat, copy->from, copy->name, PIN, 0);
    if (pin < 0)
        return COPY_NOT_PLAIN;
    struct stat stat;
    bool plain = SYS(fstat, pin, &stat) == 0 && is_plain(&stat);
    long source = plain ? reopen(copy, pin) : -1;
    SYS(close, pin);
    if (source < 0)
        return COPY_NOT_PLAIN;
    long result = has_attributes(copy, source) ? COPY_NOT_PLAIN : make(copy, source, &stat);
    SYS(close, source);
    return result;
}
