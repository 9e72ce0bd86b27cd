#include "check.h"
#include <string.h>

const char *check_failed;

/* Nothing here takes that long: a test that hangs must not hang `make check`. */
#define HANG_SECONDS 30

int check_all(const struct test *tests, size_t count, int argc, char **argv) {
    int status = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t at = 0; at < count; at++) {
        if (argc > 1 && strstr(tests[at].name, argv[1]) == NULL)
            continue;
        check_failed = NULL;
        alarm(HANG_SECONDS);
        tests[at].run();
        alarm(0);
        if (check_failed == NULL) {
            printf("ok %s\n", tests[at].name);
            continue;
        }
        status = 1;
        printf("not ok %s (%s)\n", tests[at].name, check_failed);
    }
    return status;
}
