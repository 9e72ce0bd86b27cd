/* OOM kills: the line that counts them, and the real helper that is told of them as v1 tells. */
#include "../../../ffi/helper/oom.h"
#include "check.h"
#include "scene.h"
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static bool counts(const char *text, uint64_t expected) {
    uint64_t kills = 77;
    return oom_count(text, strlen(text), &kills) && kills == expected;
}

static bool refuses(const char *text) {
    uint64_t kills;
    return !oom_count(text, strlen(text), &kills);
}

static void lines(void) {
    CHECK(counts("oom_kill_disable 1\nunder_oom 0\noom_kill 3\n", 3));
    CHECK(counts("low 0\nhigh 0\nmax 912\noom 4\noom_kill 12\noom_group_kill 9\n", 12));
    CHECK(counts("oom_group_kill 9\noom_kill 2", 2));
    CHECK(counts("oom_kill 0\n", 0));
    CHECK(refuses(""));
    CHECK(refuses("oom_kill_disable 0\nunder_oom 0\n"));
    CHECK(refuses("oom 4\noom_group_kill 9\n"));
    CHECK(refuses("not oom_kill 4\n"));
    CHECK(refuses("oom_kill \n"));
    CHECK(refuses("oom_kill 4x\n"));
    CHECK(refuses("oom_kill -4\n"));
    CHECK(refuses("oom_kill 99999999999999999999\n"));
}

/* ---- The helper. ---- */

static struct scene scene;
static int wake;

static void count(int kills) {
    char text[64];
    int fd = openat(scene.directory_fd, "oom_control", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (kills >= 0) {
        int size = snprintf(text, sizeof text, "oom_kill_disable 0\nunder_oom 1\noom_kill %d\n", kills);
        if (write(fd, text, (size_t)size) != size)
            abort();
    } else if (ftruncate(fd, 0) != 0) {
        abort();
    }
    close(fd);
}

static bool begin(int kills) {
    scene_begin(&scene);
    count(kills);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    scene.policy->oom_wake = scene_pass(&scene, wake);
    scene.policy->oom_file = scene_pass(&scene, openat(scene.directory_fd, "oom_control", O_RDONLY | O_CLOEXEC));
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line; exit 7");
    return scene_start(&scene);
}

static void notice(void) {
    if (eventfd_write(wake, 1) != 0)
        abort();
}

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); }

/* The record, the end of the program in it or not. The caller frees. */
static struct record *records(size_t *found) {
    ssize_t size;
    struct record *all = (struct record *)(void *)scene_file(&scene, "record", &size);
    *found = size > 0 ? (size_t)size / sizeof *all : 0;
    return all;
}

/* Waits until so many kills stand in the record. */
static bool noted(int kills) {
    for (int tries = 0; tries < 2000; tries++) {
        size_t found;
        bool there = false;
        struct record *all = records(&found);
        for (size_t at = 0; at < found; at++)
            there |= all[at].kind == RECORD_OOM && all[at].status == kills && all[at].time > 0;
        free(all);
        if (there)
            return true;
        nap();
    }
    return false;
}

/* Ends the program. True: the record holds so many OOM kills, and after them its end. */
static bool ends_with(size_t ooms) {
    size_t found;
    bool good = write(scene.in[1], "\n", 1) == 1 && scene_exited(&scene) == 7 && scene_monitor_end(&scene) == 0;
    struct record *all = records(&found);
    good &= found == ooms + 1 && all[ooms].kind == RECORD_DIED && all[ooms].status == 7;
    for (size_t at = 0; good && at < ooms; at++)
        good = all[at].kind == RECORD_OOM && all[at].version == RECORD_VERSION && all[at].time <= all[ooms].time;
    free(all);
    close(wake);
    close(scene.fds[scene.policy->oom_file]);
    scene_end(&scene);
    return good;
}

static void seen(void) {
    CHECK(begin(0));
    count(1);
    notice();
    CHECK(noted(1));
    count(3);
    notice();
    CHECK(noted(3));
    CHECK(ends_with(2));
}

/* v1 says it, and kills then. */
static void too_early(void) {
    uint64_t notices;
    CHECK(begin(0));
    notice();
    /* It has been told, and has looked. */
    while (read(wake, &notices, sizeof notices) == sizeof notices) {
        notice();
        nap();
    }
    nap();
    count(1);
    CHECK(noted(1));
    CHECK(ends_with(1));
}

static void before(void) {
    CHECK(begin(5));
    notice();
    count(6);
    CHECK(noted(1));
    CHECK(ends_with(1));
}

static void unheard(void) {
    CHECK(begin(0));
    count(2);
    CHECK(ends_with(1));
}

static void none(void) {
    CHECK(begin(4));
    notice();
    CHECK(ends_with(0));
}

static void many(void) {
    CHECK(begin(0));
    for (int kills = 1; kills <= RECORD_OOMS + 5; kills++) {
        count(kills);
        notice();
        CHECK(noted(kills));
    }
    size_t found;
    struct record *all = records(&found);
    CHECK(found == RECORD_OOMS && all[4].status == RECORD_OOMS + 5 && all[5].status == 6);
    free(all);
    CHECK(ends_with(RECORD_OOMS));
}

/* As when the cgroup is removed: its file cannot be read any more, and the eventfd is ready. */
static void without_group(void) {
    CHECK(begin(0));
    count(-1);
    notice();
    CHECK(ends_with(0));
}

CHECK_MAIN({"oom: oom_kill is found among its neighbours, and nothing else is", lines},
           {"oom: a kill is noted at once, with how many there were", seen},
           {"oom: a notice that comes before its kill is not the last look", too_early},
           {"oom: what was counted before the container was made is not its own", before},
           {"oom: a kill that nobody told of is noted before the end of the program", unheard},
           {"oom: a notice without a kill is none", none},
           {"oom: of very many the last are kept, and the end has its place", many},
           {"oom: without its cgroup nothing is watched", without_group})
