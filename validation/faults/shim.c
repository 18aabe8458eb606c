/* Fails, interrupts or slows the file calls of a process below a folder; preloaded by LD_PRELOAD.
 *
 *   FAULT_ROOT   only files below this folder count
 *   FAULT_LOG    file to which the path of every write is appended, with its number
 *   FAULT_ON     text that a path must have in it for its writes to be counted (default: all)
 *   FAULT_AT     number of the counted write at which it happens, from 1
 *   FAULT_DO     kill, stop: a signal to this process; mark: create FAULT_MARK and wait a second;
 *                hang: wait for ever; else the number of an error with which this call and all later ones fail
 *   FAULT_RATE   bytes per second that each thread writes at most
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int counted = 0, failing = 0;

static int below(const char *path) {
    const char *root = getenv("FAULT_ROOT");
    return root && strncmp(path, root, strlen(root)) == 0;
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below(path);
}

static void absolute(int dir, const char *name, char *path, size_t size) {
    char base[PATH_MAX] = "";
    if (name[0] != '/') {
        if (dir == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) base[0] = 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
            ssize_t n = readlink(link, base, sizeof base - 1);
            base[n > 0 ? n : 0] = 0;
        }
    }
    snprintf(path, size, "%s%s%s", base, base[0] ? "/" : "", name);
}

static void keep(const char *path) {
    const char *log = getenv("FAULT_LOG");
    if (!log) return;
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT, 0644);
    char line[PATH_MAX + 2];
    int n = snprintf(line, sizeof line, "%s\n", path);
    if (fd >= 0) {
        syscall(SYS_write, fd, line, (size_t)n);
        syscall(SYS_close, fd);
    }
}

/* Whether a write to a path must fail; does what FAULT_DO says when its turn has come. */
static int strike(const char *path) {
    const char *act = getenv("FAULT_DO"), *on = getenv("FAULT_ON"), *at = getenv("FAULT_AT");
    keep(path);
    if (!act || !at) return 0;
    if (failing) return errno = failing, 1;
    if (on && !strstr(path, on)) return 0;
    if (++counted != atoi(at)) return 0;
    if (!strcmp(act, "kill")) raise(SIGKILL);
    if (!strcmp(act, "stop")) raise(SIGSTOP);
    if (!strcmp(act, "hang"))
        for (;;) pause();
    if (!strcmp(act, "mark")) {
        int fd = syscall(SYS_openat, AT_FDCWD, getenv("FAULT_MARK"), O_WRONLY | O_CREAT, 0644);
        if (fd >= 0) syscall(SYS_close, fd);
        sleep(1);
    }
    failing = atoi(act);
    return failing ? (errno = failing, 1) : 0;
}

/* Whether a call that changes the folder must fail, once writes do; a full disk lets names be changed. */
static int refuse(int dir, const char *name) {
    char path[2 * PATH_MAX + 2];
    if (!failing || failing == ENOSPC) return 0;
    absolute(dir, name, path, sizeof path);
    return below(path) ? (errno = failing, 1) : 0;
}

/* Wait as long as a slow disk takes for so many bytes of a file. */
static void pace(int fd, size_t n) {
    char path[PATH_MAX];
    const char *rate = getenv("FAULT_RATE");
    if (!rate || !path_of(fd, path)) return;
    double seconds = n / atof(rate);
    struct timespec left = {(time_t)seconds, (long)(1e9 * (seconds - (time_t)seconds))};
    while (nanosleep(&left, &left) && errno == EINTR) {
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t n) {
    char path[PATH_MAX];
    pace(fd, n);
    return path_of(fd, path) && strike(path) ? -1 : REAL(write)(fd, data, n);
}
ssize_t pwrite(int fd, const void *data, size_t n, off_t at) {
    char path[PATH_MAX];
    pace(fd, n);
    return path_of(fd, path) && strike(path) ? -1 : REAL(pwrite)(fd, data, n, at);
}
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at) {
    char path[PATH_MAX];
    pace(fd, n);
    return path_of(fd, path) && strike(path) ? -1 : REAL(pwrite64)(fd, data, n, at);
}
ssize_t writev(int fd, const struct iovec *data, int n) {
    char path[PATH_MAX];
    for (int k = 0; k < n; ++k) pace(fd, data[k].iov_len);
    return path_of(fd, path) && strike(path) ? -1 : REAL(writev)(fd, data, n);
}
int fsync(int fd) {
    char path[PATH_MAX];
    return failing && path_of(fd, path) ? (errno = failing, -1) : REAL(fsync)(fd);
}
int fdatasync(int fd) {
    char path[PATH_MAX];
    return failing && path_of(fd, path) ? (errno = failing, -1) : REAL(fdatasync)(fd);
}
int rename(const char *from, const char *to) { return refuse(AT_FDCWD, to) ? -1 : REAL(rename)(from, to); }
int mkdir(const char *path, mode_t mode) { return refuse(AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode); }
int utimensat(int dir, const char *path, const struct timespec times[2], int flags) {
    return refuse(dir, path) ? -1 : REAL(utimensat)(dir, path, times, flags);
}

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...) {                            \
        va_list more;                                                       \
        va_start(more, flags);                                              \
        int mode = va_arg(more, int);                                       \
        va_end(more);                                                       \
        if (flags & (O_WRONLY | O_RDWR) && refuse(AT_FDCWD, path)) return -1; \
        return REAL(name)(path, flags, mode);                               \
    }
OPEN(open)
OPEN(open64)
