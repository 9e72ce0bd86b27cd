/* Plain files: what is one is copied, what is none is left alone. */
#include "../../../ffi/shim/shim.h"
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define SIZE 300000

static char base[64];
static struct copy copy;
static char content[SIZE];

static const char *below(const char *name) {
    static char path[4][256];
    static int next;
    char *place = path[next++ % 4];
    snprintf(place, sizeof path[0], "%s/%s", base, name);
    return place;
}

static void begin(void) {
    strcpy(base, "/tmp/bunker-copy-XXXXXX");
    if (mkdtemp(base) == NULL || mkdir(below("from"), 0700) != 0 || mkdir(below("to"), 0700) != 0)
        abort();
    copy = (struct copy){.name = "f",
                         .from = open(below("from"), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                         .to = open(below("to"), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                         .descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    for (size_t at = 0; at < SIZE; at++)
        content[at] = (char)('a' + at % 23);
}

static void end(void) {
    char command[128];
    close(copy.from);
    close(copy.to);
    close(copy.descriptors);
    snprintf(command, sizeof command, "rm -rf %s", base);
    if (system(command) != 0)
        abort();
}

static bool write_file(const char *path, size_t size, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, content, size) == (ssize_t)size && fchmod(fd, mode) == 0;
    close(fd);
    return good;
}

static bool holds(const char *path, size_t size) {
    static char found[SIZE + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, found, sizeof found);
    close(fd);
    return n == (ssize_t)size && memcmp(found, content, size) == 0;
}

static bool is_there(const char *name) { return faccessat(copy.to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0; }

static void plain(void) {
    begin();
    struct timespec times[2] = {{1000, 1}, {2000, 123456789}};
    CHECK(write_file(below("from/f"), SIZE, 0640));
    CHECK(utimensat(copy.from, "f", times, 0) == 0);
    mode_t mask = umask(0);
    CHECK(bunker_copy_plain(&copy) == COPY_MADE);
    umask(mask);
    struct stat made;
    CHECK(fstatat(copy.to, "f", &made, 0) == 0);
    CHECK(copy.size == SIZE && holds(below("to/f"), SIZE));
    CHECK((made.st_mode & 07777) == 0640);
    CHECK(made.st_mtim.tv_sec == 2000 && made.st_mtim.tv_nsec == 123456789 && made.st_atim.tv_sec == 1000);
    end();
}

static void empty(void) {
    begin();
    CHECK(write_file(below("from/f"), 0, 0600));
    CHECK(bunker_copy_plain(&copy) == COPY_MADE);
    CHECK(copy.size == 0 && holds(below("to/f"), 0));
    end();
}

static void other_file_system(void) {
    begin();
    char elsewhere[] = "/dev/shm/bunker-copy-XXXXXX";
    CHECK(mkdtemp(elsewhere) != NULL);
    int to = copy.to;
    copy.to = open(elsewhere, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "%s/f", elsewhere);
    bool good = write_file(below("from/f"), SIZE, 0600) && bunker_copy_plain(&copy) == COPY_MADE && holds(path, SIZE);
    unlinkat(copy.to, "f", 0);
    close(copy.to);
    rmdir(elsewhere);
    copy.to = to;
    CHECK(good);
    end();
}

static void not_plain(void) {
    begin();
    CHECK(mkfifo(below("from/fifo"), 0600) == 0 && mkdir(below("from/directory"), 0700) == 0);
    CHECK(symlink("f", below("from/link")) == 0);
    CHECK(write_file(below("from/linked"), 10, 0600) && link(below("from/linked"), below("from/too")) == 0);
    CHECK(write_file(below("from/setuid"), 10, 04700));
    CHECK(write_file(below("from/sparse"), 10, 0600) && truncate(below("from/sparse"), 1 << 20) == 0);
    static const char *const names[] = {"fifo", "directory", "link", "linked", "setuid", "sparse", "missing"};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        copy.name = names[at];
        CHECK(bunker_copy_plain(&copy) == COPY_NOT_PLAIN);
        CHECK(!is_there(names[at]));
    }
    end();
}

static void attributes(void) {
    begin();
    CHECK(write_file(below("from/f"), 10, 0600));
    if (setxattr(below("from/f"), "user.note", "x", 1, 0) == 0) {
        copy.flags = COPY_ARCHIVE;
        CHECK(bunker_copy_plain(&copy) == COPY_NOT_PLAIN && !is_there("f"));
        copy.flags = 0;
        CHECK(bunker_copy_plain(&copy) == COPY_MADE);
    }
    end();
}

static void existing(void) {
    begin();
    CHECK(write_file(below("from/f"), 10, 0600) && write_file(below("to/f"), 5, 0600));
    CHECK(bunker_copy_plain(&copy) == COPY_NOT_PLAIN);
    CHECK(holds(below("to/f"), 5));
    end();
}

static void by_caller(void) {
    begin();
    CHECK(write_file(below("from/f"), 10, 0600));
    copy.way = COPY_BY_CALLER;
    CHECK(bunker_copy_plain(&copy) == COPY_NOT_PLAIN && !is_there("f"));
    end();
}

CHECK_MAIN({"copy: a plain file has content, mode and times of the source", plain},
           {"copy: an empty file is one, too", empty}, {"copy: from one file system to another", other_file_system},
           {"copy: what is no plain file is left alone", not_plain},
           {"copy: a file with attributes is none where they are kept", attributes},
           {"copy: what is there is not replaced", existing},
           {"copy: nothing is done where the kernel cannot", by_caller})
