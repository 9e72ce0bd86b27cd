/*
 * docker's log lines. Escapes are those of moby's
 * daemon/logger/jsonfilelog/jsonlog/jsonlogbytes.go (from Go's encoding/json),
 * times those of Go's time.RFC3339Nano in UTC.
 */
#include "json.h"

struct writer {
    uint8_t *at;
};

static void put(struct writer *out, const char *text) {
    while (*text != 0)
        *out->at++ = (uint8_t)*text++;
}

static void put_number(struct writer *out, uint32_t number, int digits) {
    for (int at = digits - 1; at >= 0; at--, number /= 10)
        out->at[at] = (uint8_t)('0' + number % 10);
    out->at += digits;
}

/*
 * The size of the UTF-8 sequence that begins here (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF); 0 if it is none. Go's utf8.DecodeRune.
 */
static size_t sequence_size(const uint8_t *bytes, size_t size) {
    uint8_t first = bytes[0];
    size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t at = 2; at < length; at++)
        if ((bytes[at] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Stands for itself in a JSON string: printable ASCII but "&<>\\. */
static bool is_plain(uint8_t byte) {
    static const uint64_t plain[2] = {0xafffffbb00000000u, ~((uint64_t)1 << ('\\' - 64))};
    return byte < 0x80 && (plain[byte >> 6] >> (byte & 63) & 1);
}

static void put_ascii(struct writer *out, uint8_t byte) {
    static const char hex[] = "0123456789abcdef";
    switch (byte) {
    case '"':
    case '\\':
        *out->at++ = '\\';
        *out->at++ = byte;
        return;
    case '\n':
        put(out, "\\n");
        return;
    case '\r':
        put(out, "\\r");
        return;
    default:
        break;
    }
    put(out, "\\u00");
    *out->at++ = (uint8_t)hex[byte >> 4];
    *out->at++ = (uint8_t)hex[byte & 15];
}

static void put_escaped(struct writer *out, const uint8_t *bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        /* Most of any log: worth a loop of its own. */
        uint8_t *plain = out->at;
        while (at < size && is_plain(bytes[at]))
            *plain++ = bytes[at++];
        out->at = plain;
        if (at == size)
            return;
        if (bytes[at] < 0x80) {
            put_ascii(out, bytes[at++]);
            continue;
        }
        size_t length = sequence_size(bytes + at, size - at);
        if (length == 0) {
            put(out, "\\ufffd");
            at++;
            continue;
        }
        /* U+2028 and U+2029 end a line in JavaScript. */
        if (length == 3 && bytes[at] == 0xe2 && bytes[at + 1] == 0x80 && (bytes[at + 2] & 0xfe) == 0xa8)
            put(out, bytes[at + 2] == 0xa8 ? "\\u2028" : "\\u2029");
        else
            for (size_t more = 0; more < length; more++)
                *out->at++ = bytes[at + more];
        at += length;
    }
}

/* Days since the epoch to a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void put_date(struct writer *out, uint32_t days) {
    uint32_t shifted = days + 719468;
    uint32_t era = shifted / 146097, day_of_era = shifted % 146097;
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t from_march = (5 * day_of_year + 2) / 153;
    uint32_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    put_number(out, year_of_era + era * 400 + (month <= 2), 4);
    put(out, "-");
    put_number(out, month, 2);
    put(out, "-");
    put_number(out, day_of_year - (153 * from_march + 2) / 5 + 1, 2);
}

static void put_time(struct writer *out, uint64_t time) {
    uint32_t fraction = (uint32_t)(time % 1000000000u);
    uint64_t seconds = time / 1000000000u;
    uint32_t of_day = (uint32_t)(seconds % 86400);
    put_date(out, (uint32_t)(seconds / 86400));
    put(out, "T");
    put_number(out, of_day / 3600, 2);
    put(out, ":");
    put_number(out, of_day / 60 % 60, 2);
    put(out, ":");
    put_number(out, of_day % 60, 2);
    if (fraction != 0) {
        put(out, ".");
        put_number(out, fraction, 9);
        while (out->at[-1] == '0')
            out->at--;
    }
    put(out, "Z");
}

size_t json_line(uint8_t *bytes, const uint8_t *line, size_t size, bool whole, uint32_t stream, uint64_t time,
                 const char *attributes) {
    struct writer out = {bytes};
    put(&out, "{\"log\":\"");
    put_escaped(&out, line, size);
    put(&out, whole ? "\\n\",\"stream\":\"" : "\",\"stream\":\"");
    put(&out, stream == 2 ? "stderr\"," : "stdout\",");
    put(&out, attributes);
    put(&out, "\"time\":\"");
    put_time(&out, time);
    put(&out, "\"}\n");
    return (size_t)(out.at - bytes);
}
