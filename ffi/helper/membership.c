/* A container with rights of its own moves its processes to cgroups below its own, as init systems do. */
#include "membership.h"
#include "stat.h"
#include "sys.h"
#include <linux/fcntl.h>
#include <linux/limits.h>

/* A line for each hierarchy, v2's last: with longer paths than these it is not found. */
#define TEXT_SIZE 8192

/* Past the character; the end where there is none. */
static size_t past(const char *text, size_t size, size_t at, char character) {
    while (at < size && text[at] != character)
        at++;
    return at < size ? at + 1 : size;
}

static bool is_name(const char *text, size_t size, const char *name) {
    size_t at = 0;
    while (at < size && name[at] != 0 && text[at] == name[at])
        at++;
    return at == size && name[at] == 0;
}

size_t membership_below(const char *text, size_t size, const char *name, const char **below) {
    size_t at = 0;
    while (at + 3 < size && !(text[at] == '0' && text[at + 1] == ':' && text[at + 2] == ':'))
        at = past(text, size, at, '\n');
    size_t end = past(text, size, at, '\n');
    if (at + 3 >= size || text[end - 1] != '\n')
        return 0;
    end--;
    for (at = past(text, end, at, '/'); at < end;) {
        size_t next = past(text, end, at, '/');
        size_t name_end = next < end || text[end - 1] == '/' ? next - 1 : end;
        if (is_name(text + at, name_end - at, name)) {
            *below = text + name_end;
            return end - name_end;
        }
        at = next;
    }
    return 0;
}

static long read_cgroups(int32_t pid, char *text) {
    long fd = stat_open(pid, "/cgroup"), size = fd, got;
    if (fd < 0)
        return fd;
    for (size = 0; (got = SYS(read, fd, text + size, (size_t)(TEXT_SIZE - size))) > 0;)
        size += got;
    SYS(close, fd);
    return size;
}

static const char *last_name(const char *path) {
    const char *name = path;
    for (; *path != 0; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

static int open_directory(const char *path) {
    return (int)SYS(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int membership_open(const char *own, int32_t pid) {
    char text[TEXT_SIZE], path[PATH_MAX];
    const char *below;
    size_t length = strlen(own);
    long size = read_cgroups(pid, text);
    size_t more = size > 0 ? membership_below(text, (size_t)size, last_name(own), &below) : 0;
    if (more == 0 || length + more >= sizeof path)
        return open_directory(own);
    memcpy(path, own, length);
    memcpy(path + length, below, more);
    path[length + more] = 0;
    int directory = open_directory(path);
    return directory >= 0 ? directory : open_directory(own);
}
