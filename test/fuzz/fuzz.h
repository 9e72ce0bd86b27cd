/* The entry that libFuzzer calls. */
#ifndef BUNKER_FUZZ_H
#define BUNKER_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
