/* Stands before the C library's fsync and fdatasync: makes them slow, and notes when each began and ended.
 *
 * Built by test_durability.py and loaded with LD_PRELOAD. SYNC_LOG names the file to append to, SYNC_DELAY_US says how
 * much slower the disk is. One line for each call: begin and end in nanoseconds of CLOCK_MONOTONIC, and the file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int noted(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *delay = getenv("SYNC_DELAY_US"), *log = getenv("SYNC_LOG");
    char link[64], file[PATH_MAX] = "", line[PATH_MAX + 64];
    long long begun = now_ns();
    int answer = real(fd);
    if (delay) usleep((useconds_t)atoi(delay));
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, file, sizeof file - 1);
    file[length > 0 ? length : 0] = 0;
    if (log) {
        int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        int size = snprintf(line, sizeof line, "%lld %lld %s\n", begun, now_ns(), file);
        if (write(out, line, (size_t)size) != size) abort();
        close(out);
    }
    return answer;
}

int fsync(int fd) { return noted("fsync", fd); }
int fdatasync(int fd) { return noted("fdatasync", fd); }
