/* Start times. The name in field 2 may hold blanks and brackets: fields count from its last bracket. */
#include "stat.h"
#include "sys.h"
#include <linux/fcntl.h>

#define FIELD_AFTER_NAME 3
#define FIELD_START 22

bool stat_start(const char *text, size_t size, uint64_t *start) {
    size_t at = size;
    while (at > 0 && text[at - 1] != ')')
        at--;
    if (at == 0)
        return false;
    for (int field = FIELD_AFTER_NAME - 1; at < size && field < FIELD_START; at++)
        if (text[at] == ' ')
            field++;
    uint64_t number = 0;
    size_t digits = 0;
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++, digits++)
        number = number * 10 + (uint64_t)(text[at] - '0');
    *start = number;
    return digits > 0 && digits < 20;
}

/* "/proc/PID" and the file's */
static void name_of(int32_t pid, const char *file, char *name) {
    char digits[12];
    size_t count = 0, at = 6;
    memcpy(name, "/proc/", 6);
    if (pid == 0) {
        memcpy(name + at, "self", 4);
        at += 4;
    }
    for (; pid > 0; pid /= 10)
        digits[count++] = (char)('0' + pid % 10);
    while (count > 0)
        name[at++] = digits[--count];
    memcpy(name + at, file, strlen(file) + 1);
}

long stat_open(int32_t pid, const char *file) {
    char name[32];
    name_of(pid, file, name);
    return SYS(openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
}

uint64_t stat_start_of(int32_t pid) {
    char text[512];
    uint64_t start = 0;
    long fd = stat_open(pid, "/stat");
    if (fd < 0)
        return 0;
    long size = SYS(read, fd, text, sizeof text);
    SYS(close, fd);
    return size > 0 && stat_start(text, (size_t)size, &start) ? start : 0;
}
