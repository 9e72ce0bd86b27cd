/* docker's log lines. Expectations: moby, daemon/logger/jsonfilelog/jsonlog/jsonlogbytes_test.go and Go's
 * time.RFC3339Nano. */
#include "../../../ffi/helper/json.h"
#include "check.h"
#include <string.h>

static uint8_t out[JSON_SIZE_MAX + 1];

static const char *line(const char *bytes, size_t size, bool whole, uint32_t stream, uint64_t time) {
    size_t used = json_line(out, (const uint8_t *)bytes, size, whole, stream, time, "");
    out[used] = 0;
    return (const char *)out;
}

/* The value of "log" only. */
static bool escapes(const char *bytes, const char *expected) {
    char all[512];
    snprintf(all, sizeof all, "{\"log\":\"%s\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"}\n", expected);
    return strcmp(line(bytes, strlen(bytes), false, 1, 0), all) == 0;
}

static void whole_line(void) {
    CHECK(strcmp(line("hello", 5, true, 2, 1795226523123456789u),
                 "{\"log\":\"hello\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:02:03.123456789Z\"}\n") == 0);
}

static void attributes(void) {
    size_t used = json_line(out, (const uint8_t *)"a", 1, true, 1, 0, "\"attrs\":{\"tag\":\"x\"},");
    out[used] = 0;
    CHECK(strcmp((const char *)out, "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"attrs\":{\"tag\":\"x\"},"
                                    "\"time\":\"1970-01-01T00:00:00Z\"}\n") == 0);
}

static void escaping(void) {
    CHECK(escapes("a\"b\\c", "a\\\"b\\\\c"));
    CHECK(escapes("\r\t\x01\x1f\x7f", "\\r\\u0009\\u0001\\u001f\x7f"));
    CHECK(escapes("<a>&", "\\u003ca\\u003e\\u0026"));
    CHECK(escapes("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\\u2028\\u2029\xe2\x80\xaa"));
    CHECK(escapes("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb3", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb3"));
}

static void invalid_utf8(void) {
    CHECK(escapes("\xff", "\\ufffd"));
    CHECK(escapes("a\xc3", "a\\ufffd"));
    CHECK(escapes("\xc0\xaf", "\\ufffd\\ufffd"));
    CHECK(escapes("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"));
    CHECK(escapes("\xe2\x80", "\\ufffd\\ufffd"));
    CHECK(escapes("\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"));
    CHECK(escapes("\x80z", "\\ufffdz"));
}

static bool time_is(uint64_t time, const char *expected) {
    const char *text = strstr(line("", 0, false, 1, time), "time\":\"") + 7;
    return strncmp(text, expected, strlen(expected)) == 0 && strcmp(text + strlen(expected), "\"}\n") == 0;
}

static void times(void) {
    CHECK(time_is(0, "1970-01-01T00:00:00Z"));
    CHECK(time_is(1500000000, "1970-01-01T00:00:01.5Z"));
    CHECK(time_is(1000, "1970-01-01T00:00:00.000001Z"));
    CHECK(time_is(951782400000000000u, "2000-02-29T00:00:00Z"));
    CHECK(time_is(951868799999999999u, "2000-02-29T23:59:59.999999999Z"));
    CHECK(time_is(1709251200000000010u, "2024-03-01T00:00:00.00000001Z"));
    CHECK(time_is(4107542400000000000u, "2100-03-01T00:00:00Z"));
}

static void largest(void) {
    static char bytes[JSON_LINE_MAX];
    static char attributes_max[JSON_ATTRIBUTES_MAX + 1];
    memset(attributes_max, 'a', JSON_ATTRIBUTES_MAX);
    memset(bytes, 1, sizeof bytes);
    CHECK(json_line(out, (const uint8_t *)bytes, sizeof bytes, true, 2, 1795226523123456789u, attributes_max) <=
          JSON_SIZE_MAX);
    memset(bytes, 0xff, sizeof bytes);
    CHECK(json_line(out, (const uint8_t *)bytes, sizeof bytes, true, 2, 1795226523123456789u, attributes_max) <=
          JSON_SIZE_MAX);
}

CHECK_MAIN({"a line of docker's json-file log", whole_line},
           {"attributes stand before the time, as docker's", attributes},
           {"escapes are those of docker's logger", escaping}, {"a byte that is no UTF-8 becomes U+FFFD", invalid_utf8},
           {"times are RFC 3339 with the zeros at the end left out", times},
           {"the largest line fits its bound", largest})
