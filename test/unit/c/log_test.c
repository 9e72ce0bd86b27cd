/* The log's files: frames, rotation, torn ends, lines and their parts. */
#include "../../../ffi/helper/log.h"
#include "check.h"
#include "scene.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static struct scene scene;
static struct log log_file;

static void open_log(enum log_driver driver, uint64_t max_size, uint32_t max_files) {
    struct policy policy = {.log_directory = scene.directory_fd, .log_driver = driver};
    policy.log_max_size = max_size;
    policy.log_max_files = max_files;
    log_open(&log_file, &policy, "log");
}

static void begin(enum log_driver driver, uint64_t max_size, uint32_t max_files) {
    scene_begin(&scene);
    close(scene.control_theirs);
    scene.monitor_pidfd = -1;
    open_log(driver, max_size, max_files);
}

static void end(void) {
    close(log_file.fd);
    scene_end(&scene);
}

static void say(uint32_t stream, const char *text) {
    log_write(&log_file, stream, (const uint8_t *)text, strlen(text));
}

/* "1:text|2:text|" of a file of frames; NULL if they do not fit it exactly. */
static const char *frames(const char *name) {
    static char all[65536];
    ssize_t size;
    uint8_t *bytes = scene_file(&scene, name, &size);
    char *out = all;
    ssize_t at = 0;
    while (at < size) {
        struct log_frame frame;
        uint32_t trailer;
        memcpy(&frame, bytes + at, sizeof frame);
        memcpy(&trailer, bytes + at + sizeof frame + frame.size, sizeof trailer);
        if (trailer != frame.size || frame.time == 0)
            return NULL;
        out += sprintf(out, "%u:%.*s|", frame.stream, (int)frame.size, bytes + at + sizeof frame);
        at += (ssize_t)(sizeof frame + frame.size + sizeof trailer);
    }
    free(bytes);
    *out = 0;
    return at == size ? all : NULL;
}

static bool frames_are(const char *name, const char *expected) {
    const char *all = frames(name);
    return all != NULL && strcmp(all, expected) == 0;
}

/* The text of a json-file without its times: they are cut off each line. */
static const char *lines(const char *name) {
    static char all[4 << 20];
    ssize_t size;
    char *bytes = (char *)scene_file(&scene, name, &size), *out = all;
    bool in_time = false;
    for (ssize_t at = 0; at < size; at++) {
        if (!in_time && bytes[at] == ',' && strncmp(bytes + at, ",\"time\":\"", 9) == 0)
            in_time = true;
        if (bytes[at] == '\n')
            in_time = false;
        if (!in_time)
            *out++ = bytes[at];
    }
    free(bytes);
    *out = 0;
    return all;
}

static void local_frames(void) {
    begin(LOG_LOCAL, 0, 1);
    say(1, "one\n");
    say(2, "two");
    CHECK(frames_are("log", "1:one\n|2:two|"));
    end();
}

static void local_rotates(void) {
    begin(LOG_LOCAL, 1024, 3);
    char text[501];
    for (int round = 0; round < 9; round++) {
        memset(text, 'a' + round, 500);
        text[500] = 0;
        say(1, text);
    }
    ssize_t size;
    uint8_t *bytes = scene_file(&scene, "log", &size);
    CHECK(size == 520 && bytes[16] == 'i');
    free(bytes);
    bytes = scene_file(&scene, "log.1", &size);
    CHECK(size == 520 && bytes[16] == 'h');
    free(bytes);
    bytes = scene_file(&scene, "log.2", &size);
    CHECK(size == 520 && bytes[16] == 'g');
    free(bytes);
    scene_file(&scene, "log.3", &size);
    CHECK(size == -1);
    end();
}

static void local_one_file(void) {
    begin(LOG_LOCAL, 1024, 1);
    char text[601] = {0};
    memset(text, 'a', 600);
    say(1, text);
    say(1, "next");
    memset(text, 'b', 600);
    say(1, text);
    ssize_t size;
    uint8_t *bytes = scene_file(&scene, "log", &size);
    CHECK(size == 620 && bytes[16] == 'b');
    free(bytes);
    scene_file(&scene, "log.1", &size);
    CHECK(size == -1);
    end();
}

static void local_splits(void) {
    static char text[3001];
    begin(LOG_LOCAL, 1024, 5);
    memset(text, 'x', 3000);
    say(1, text);
    size_t found = 0;
    static const char *const names[] = {"log", "log.1", "log.2"};
    for (int at = 0; at < 3; at++) {
        const char *all = frames(names[at]);
        CHECK(all != NULL);
        for (; *all != 0; all++)
            found += *all == 'x';
    }
    CHECK(found == 3000);
    end();
}

/* Cuts the file behind `keep` bytes, puts `tail` there, opens again and writes one more. */
static void torn(off_t keep, const char *tail, size_t size) {
    int fd = openat(scene.directory_fd, "log", O_WRONLY | O_CLOEXEC);
    if (ftruncate(fd, keep) == 0 && pwrite(fd, tail, size, keep) >= 0)
        close(fd);
    close(log_file.fd);
    open_log(LOG_LOCAL, 0, 1);
    say(1, "after");
}

static void local_torn(void) {
    begin(LOG_LOCAL, 0, 1);
    say(1, "first");  /* 25 bytes */
    say(2, "second"); /* 26 bytes */
    torn(51, "", 0);
    CHECK(frames_are("log", "1:first|2:second|1:after|"));
    torn(50, "", 0);
    CHECK(frames_are("log", "1:first|1:after|"));
    torn(25, "\5\0\0\0\1\0\0\0", 8);
    CHECK(frames_are("log", "1:first|1:after|"));
    torn(0, "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377", 22);
    CHECK(frames_are("log", "1:after|"));
    torn(0, "abc", 3);
    CHECK(frames_are("log", "1:after|"));
    end();
}

static void full_disk(void) {
    begin(LOG_LOCAL, 0, 1);
    say(1, "first");
    /* A limit of the file's size cuts a write short as a full disk does. */
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){.rlim_cur = 40, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    say(1, "second, which does not fit");
    setrlimit(RLIMIT_FSIZE, &before);
    say(1, "third");
    CHECK(frames_are("log", "1:first|1:third|"));
    end();
}

#define JSON(text, stream) "{\"log\":\"" text "\",\"stream\":\"" stream "\"\n"

static void json_lines(void) {
    begin(LOG_JSON_FILE, 0, 1);
    say(1, "one\ntw");
    say(2, "error\n");
    say(1, "o\n\nlast");
    log_flush(&log_file);
    CHECK(strcmp(lines("log"), JSON("one\\n", "stdout") JSON("error\\n", "stderr") JSON("two\\n", "stdout")
                                   JSON("\\n", "stdout") JSON("last", "stdout")) == 0);
    end();
}

static void json_parts(void) {
    static char text[16384 * 2 + 101], expected[200000];
    for (size_t piece = 1; piece <= sizeof text; piece = piece * 7 + 1) {
        begin(LOG_JSON_FILE, 0, 1);
        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = '\n';
        for (size_t at = 0; at < sizeof text; at += piece)
            log_write(&log_file, 1, (uint8_t *)text + at, sizeof text - at < piece ? sizeof text - at : piece);
        char *out = expected;
        for (int part = 0; part < 3; part++) {
            out = stpcpy(out, "{\"log\":\"");
            size_t size = part < 2 ? 16384 : 100;
            memset(out, 'x', size);
            out = stpcpy(out + size, part < 2 ? "\",\"stream\":\"stdout\"\n" : "\\n\",\"stream\":\"stdout\"\n");
        }
        CHECK(strcmp(lines("log"), expected) == 0);
        end();
    }
}

static void json_exactly_full(void) {
    static char text[16385];
    begin(LOG_JSON_FILE, 0, 1);
    memset(text, 'x', 16384);
    text[16384] = '\n';
    log_write(&log_file, 1, (uint8_t *)text, sizeof text);
    const char *all = lines("log");
    CHECK(strstr(all, "x\",\"stream\"") != NULL && strstr(all, JSON("\\n", "stdout")) != NULL);
    end();
}

static void json_rotates(void) {
    begin(LOG_JSON_FILE, 300, 4);
    for (int at = 0; at < 12; at++)
        say(1, "0123456789\n");
    ssize_t size;
    for (int at = 0; at < 4; at++) {
        char name[8] = "log";
        if (at > 0)
            sprintf(name, "log.%d", at);
        uint8_t *bytes = scene_file(&scene, name, &size);
        CHECK(size > 0 && size <= 300 && bytes[0] == '{' && bytes[size - 1] == '\n');
        free(bytes);
    }
    scene_file(&scene, "log.4", &size);
    CHECK(size == -1);
    end();
}

static void json_many(void) {
    static char text[20000];
    begin(LOG_JSON_FILE, 0, 1);
    for (size_t at = 0; at < sizeof text; at += 4)
        memcpy(text + at, "<&>\n", 4);
    log_write(&log_file, 1, (uint8_t *)text, sizeof text);
    const char *all = lines("log");
    size_t count = 0;
    for (const char *at = all; (at = strstr(at, JSON("\\u003c\\u0026\\u003e\\n", "stdout"))) != NULL; at++)
        count++;
    CHECK(count == sizeof text / 4);
    ssize_t size;
    free(scene_file(&scene, "log", &size));
    CHECK(log_file.size == (uint64_t)size);
    end();
}

static void json_torn(void) {
    begin(LOG_JSON_FILE, 0, 1);
    say(1, "one\n");
    int fd = openat(scene.directory_fd, "log", O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(write(fd, "{\"log\":\"tw", 10) == 10);
    close(fd);
    close(log_file.fd);
    open_log(LOG_JSON_FILE, 0, 1);
    say(1, "three\n");
    CHECK(strcmp(lines("log"), JSON("one\\n", "stdout") JSON("three\\n", "stdout")) == 0);
    end();
}

CHECK_MAIN({"local: one frame for each read", local_frames}, {"local: files rotate, the oldest goes", local_rotates},
           {"local: with one file it begins anew", local_one_file},
           {"local: a read larger than a file is split into frames", local_splits},
           {"local: what a crash has torn is cut off", local_torn},
           {"a write that does not fit leaves whole frames, and the next one is there", full_disk},
           {"json-file: lines of the two streams do not mix", json_lines},
           {"json-file: lines of more than 16 KiB come in parts", json_parts},
           {"json-file: a line of exactly 16 KiB has its end in a part of its own", json_exactly_full},
           {"json-file: files rotate between lines", json_rotates}, {"json-file: many lines, one write", json_many},
           {"json-file: what a crash has torn is cut off", json_torn})
