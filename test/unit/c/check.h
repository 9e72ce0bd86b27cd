/* The smallest test frame: CHECK ends the test it stands in, a line says how each one went. */
#ifndef BUNKER_CHECK_H
#define BUNKER_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct test {
    const char *name;
    void (*run)(void);
};

extern const char *check_failed;

#define CHECK_TEXT(line) #line
#define CHECK_AT(file, line) file ":" CHECK_TEXT(line)
#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            check_failed = CHECK_AT(__FILE__, __LINE__) ": " #what;                                                    \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

/* Runs all tests, or those whose name holds argv[1]. The exit status of main. */
int check_all(const struct test *tests, size_t count, int argc, char **argv);

#define CHECK_MAIN(...)                                                                                                \
    int main(int argc, char **argv) {                                                                                  \
        static const struct test tests[] = {__VA_ARGS__};                                                              \
        return check_all(tests, sizeof tests / sizeof *tests, argc, argv);                                             \
    }

#endif
