/* The end of a cgroup, on plain directories: who is named in them is killed, and they go, the innermost first. */
#include "../../../ffi/helper/cgroup.h"
#include "check.h"
#include "scene.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char base[64];

static char *below(const char *name) {
    static char path[8][512];
    static int next;
    char *place = path[next++ % 8];
    snprintf(place, sizeof path[0], "%s/%s", base, name);
    return place;
}

static void begin(void) {
    strcpy(base, "/tmp/bunker-cgroup-XXXXXX");
    if (mkdtemp(base) == NULL)
        abort();
}

static bool make(const char *name) { return mkdir(below(name), 0700) == 0; }

static bool write_file(const char *name, const char *text) {
    int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

static bool is_there(const char *name) { return access(below(name), F_OK) == 0; }

static pid_t sleeper(void) {
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

static bool was_killed(pid_t pid) {
    int status = 0;
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int32_t last_pid(const char *text) {
    struct pid_reader reader = {0};
    int32_t pid = -1;
    for (; *text != 0; text++) {
        int32_t read = pid_read(&reader, *text);
        if (*text == '\n')
            pid = read;
    }
    return pid;
}

static void pids(void) {
    CHECK(last_pid("12\n") == 12 && last_pid("7\n4194304\n") == 4194304 && last_pid("2147483647\n") == 2147483647);
    /* Of another pid namespace; nothing; no number. */
    CHECK(last_pid("0\n") == 0 && last_pid("\n") == 0 && last_pid("2147483648\n") == 0 && last_pid("-1\n") == 0);
    CHECK(last_pid("12x\n") == 0 && last_pid("99999999999999999999999\n") == 0 && last_pid("x\n12\n") == 12);
    CHECK(last_pid("12") == -1);
}

static void trees(void) {
    begin();
    CHECK(make("a") && make("b") && make("a/one") && make("a/one/two") && make("a/.hidden") && make("a/three"));
    CHECK(cgroup_end((char *[]){below("a"), below("nowhere"), below("b"), NULL}, 0));
    CHECK(!is_there("a") && !is_there("b"));
    CHECK(cgroup_end(NULL, 0) && cgroup_end((char *[]){NULL}, 0));
    CHECK(rmdir(base) == 0);
}

static void members(void) {
    char text[64];
    begin();
    pid_t first = sleeper(), second = sleeper();
    CHECK(make("a") && make("a/below"));
    snprintf(text, sizeof text, "0\n%d\n%d\n", (int)getpid(), (int)first);
    CHECK(write_file("a/cgroup.procs", text));
    snprintf(text, sizeof text, "%d\n", (int)second);
    CHECK(write_file("a/below/cgroup.procs", text));
    CHECK(write_file("a/freezer.state", ""));
    cgroup_kill(below("a"));
    CHECK(was_killed(first) && was_killed(second));
    /* Thawed: a frozen process would not die. */
    char state[16] = "";
    int fd = open(below("a/freezer.state"), O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, state, sizeof state) > 0 && memcmp(state, "THAWED", 6) == 0);
    close(fd);
    const char *const all[] = {"a/below/cgroup.procs", "a/cgroup.procs", "a/freezer.state"};
    for (size_t at = 0; at < 3; at++)
        unlink(below(all[at]));
    CHECK(cgroup_end((char *[]){below("a"), NULL}, 0) && rmdir(base) == 0);
}

static bool put_in(int directory, const char *name, const char *text) {
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

/* A chain of directories below each other, each with a brother. The innermost. */
static int chain(const char *from, int levels) {
    int directory = open(below(from), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int level = 0; level < levels; level++) {
        if (mkdirat(directory, "d", 0700) < 0 || mkdirat(directory, level % 2 ? "a" : "x", 0700) < 0)
            abort();
        int next = openat(directory, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(directory);
        directory = next;
    }
    return directory;
}

/* Deeper than there are descriptors, or a path could name. */
static void depth(void) {
    char text[64], state[16] = "";
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
    begin();
    CHECK(make("a") && make("a/z"));
    int innermost = chain("a", 3000);
    pid_t first = sleeper(), second = sleeper();
    snprintf(text, sizeof text, "%d\n", (int)first);
    CHECK(put_in(innermost, "cgroup.procs", text) && put_in(innermost, "freezer.state", ""));
    snprintf(text, sizeof text, "%d\n", (int)second);
    CHECK(write_file("a/z/cgroup.procs", text) && write_file("a/freezer.state", ""));
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_NOFILE, &few);
        cgroup_kill(below("a"));
        _exit(0);
    }
    CHECK(waitpid(pid, NULL, 0) == pid && was_killed(first) && was_killed(second));
    int fd = openat(innermost, "freezer.state", O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, state, sizeof state) > 0 && memcmp(state, "THAWED", 6) == 0);
    close(fd);
    CHECK(!cgroup_end((char *[]){below("a"), NULL}, 0));
    unlinkat(innermost, "cgroup.procs", 0);
    unlinkat(innermost, "freezer.state", 0);
    close(innermost);
    unlink(below("a/z/cgroup.procs"));
    unlink(below("a/freezer.state"));
    CHECK(cgroup_end((char *[]){below("a"), NULL}, 0));
    CHECK(!is_there("a") && rmdir(base) == 0);
}

static void breadth(void) {
    char name[64];
    begin();
    CHECK(make("a"));
    for (int at = 0; at < 2000; at++) {
        snprintf(name, sizeof name, "a/%d", at);
        CHECK(make(name));
        snprintf(name, sizeof name, "a/%d/b", at);
        CHECK(make(name));
    }
    /* What stays is passed over. */
    CHECK(write_file("a/1000/b/tasks", ""));
    CHECK(!cgroup_end((char *[]){below("a"), NULL}, 0));
    CHECK(is_there("a/1000/b") && unlink(below("a/1000/b/tasks")) == 0);
    CHECK(rmdir(below("a/1000/b")) == 0 && rmdir(below("a/1000")) == 0 && rmdir(below("a")) == 0);
    CHECK(rmdir(base) == 0);
}

/* v2, since 5.14: the kernel does it. */
static void at_once(void) {
    char text[64];
    begin();
    pid_t pid = sleeper();
    CHECK(make("a") && write_file("a/cgroup.kill", "0"));
    snprintf(text, sizeof text, "%d\n", (int)pid);
    CHECK(write_file("a/cgroup.procs", text));
    cgroup_kill(below("a"));
    CHECK(kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0);
    kill(pid, SIGKILL);
    CHECK(was_killed(pid));
    char byte = 0;
    int fd = open(below("a/cgroup.kill"), O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, &byte, 1) == 1 && byte == '1');
    close(fd);
    unlink(below("a/cgroup.kill"));
    unlink(below("a/cgroup.procs"));
    CHECK(rmdir(below("a")) == 0 && rmdir(base) == 0);
}

/* Who was killed is still there for a while. */
static void busy(void) {
    begin();
    CHECK(make("a") && make("b") && write_file("b/cgroup.procs", ""));
    pid_t pid = fork();
    if (pid == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        unlink(below("b/cgroup.procs"));
        _exit(0);
    }
    CHECK(!cgroup_end((char *[]){below("a"), below("b"), NULL}, 0));
    CHECK(cgroup_end((char *[]){below("a"), below("b"), NULL}, CGROUP_ROUNDS));
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(!is_there("a") && !is_there("b") && rmdir(base) == 0);
}

/* ---- The helper. ---- */

static struct scene scene;

static void with_program(void) {
    begin();
    CHECK(make("a") && make("a/below") && make("b"));
    scene_begin(&scene);
    int lock = openat(scene.directory_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(flock(lock, LOCK_EX) == 0);
    scene.policy->lock = scene_pass(&scene, lock);
    scene.policy->cgroups = scene_list(&scene, (const char *const[]){below("a"), below("b"), NULL});
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line; exit 3");
    CHECK(scene_start(&scene));
    close(lock);
    CHECK(is_there("a/below") && is_there("b"));
    CHECK(write(scene.in[1], "\n", 1) == 1);
    CHECK(scene_exited(&scene) == 3);
    /* Who has the lock finds nothing of it. */
    lock = openat(scene.directory_fd, "lock", O_RDWR | O_CLOEXEC);
    CHECK(flock(lock, LOCK_EX) == 0);
    CHECK(!is_there("a") && !is_there("b"));
    close(lock);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
    CHECK(rmdir(base) == 0);
}

/* The caller does not read: the cgroup ends all the same, and who delivers does not touch one that is made anew. */
static void with_stalled_reader(void) {
    begin();
    CHECK(make("a"));
    scene_begin(&scene);
    scene.policy->cgroups = scene_list(&scene, (const char *const[]){below("a"), NULL});
    scene_shell(&scene, SCENE_CALLER, "head -c 99999 /dev/zero; exit 9");
    CHECK(scene_start(&scene));
    CHECK(scene_monitor_end(&scene) == 0);
    CHECK(!is_there("a"));
    CHECK(make("a"));
    size_t all;
    free(read_all(scene.out[0], &all));
    CHECK(all == 99999);
    CHECK(scene_exited(&scene) == 9);
    struct packet packet;
    CHECK(!scene_receive(&scene, &packet, NULL, 0, NULL)); /* it is gone */
    CHECK(is_there("a") && rmdir(below("a")) == 0);
    scene_end(&scene);
    CHECK(rmdir(base) == 0);
}

static void without_start(void) {
    begin();
    CHECK(make("a"));
    scene_begin(&scene);
    scene.policy->cgroups = scene_list(&scene, (const char *const[]){below("a"), NULL});
    scene_program(&scene, SCENE_CALLER, (const char *const[]){"/nowhere", NULL});
    scene_play(&scene);
    CHECK(scene_monitor_end(&scene) == 1);
    CHECK(!is_there("a") && rmdir(base) == 0);
    scene_end(&scene);
}

CHECK_MAIN({"cgroup: pids are read to the end of their lines, and what is none is nobody", pids},
           {"cgroup: directories go with those below them, and what is not there is fine", trees},
           {"cgroup: who is in it or below it is killed, but not we, and thawed", members},
           {"cgroup: it may be of any depth", depth},
           {"cgroup: ... and of any breadth, and all goes but what is busy", breadth},
           {"cgroup: where the kernel kills all at once nobody is killed one by one", at_once},
           {"cgroup: what is busy is tried again", busy},
           {"cgroup: it ends with the program, before the lock is free", with_program},
           {"cgroup: a stalled reader does not delay its end", with_stalled_reader},
           {"cgroup: it ends where the program could not be started", without_start})
