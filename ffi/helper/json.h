/* One line of docker's json-file log, as moby's jsonlogbytes.go writes it. Bytes in, bytes out. */
#ifndef BUNKER_JSON_H
#define BUNKER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest part of a line that becomes one line of the log (moby, daemon/logger/copier.go). */
#define JSON_LINE_MAX 16384
/* What it can become: each byte \u00XX, and the frame around it. */
#define JSON_SIZE_MAX (JSON_LINE_MAX * 6 + JSON_ATTRIBUTES_MAX + 128)
/* The longest attributes: src/container/attributes.ts refuses longer ones. */
#define JSON_ATTRIBUTES_MAX 32768

/*
 * {"log":"…\n","stream":"stdout","time":"…"} and a line feed into `out`
 * (JSON_SIZE_MAX). `whole`: the line ended, so its \n is in the log.
 * `time`: nanoseconds since the epoch. `attributes`: `"attrs":{…},` or nothing,
 * put before the time as it is. Returns the size.
 */
size_t json_line(uint8_t *out, const uint8_t *line, size_t size, bool whole, uint32_t stream, uint64_t time,
                 const char *attributes);

#endif
