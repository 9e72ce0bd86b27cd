/* A `local` log of any content: what is taken for whole frames is not more than the file. */
#include "../../ffi/helper/log.h"
#include "fuzz.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("log", MFD_CLOEXEC);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        abort();
    if (log_local_whole(fd, size) > size || log_json_whole(fd, size) > size)
        __builtin_trap();
    return 0;
}
