/* What takes a line or two. Not libc's syscall(3): that would touch errno, and answer -1 for every error. */
#include "shim.h"
#include "../helper/cgroup.h"
#include "../helper/sys.h"
#include <linux/fcntl.h>

int64_t bunker_sys(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
    return sys_call(number, a, b, c, d, e, f);
}

int64_t bunker_read_file(const char *path, void *bytes, int64_t size) {
    long file = SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return file;
    long result = SYS(read, file, bytes, size);
    SYS(close, file);
    return result;
}

int64_t bunker_end_cgroup(char *const *paths, int64_t rounds) { return cgroup_end(paths, (int)rounds); }

int64_t bunker_kill_cgroup(const char *path) {
    cgroup_kill(path);
    return 0;
}
