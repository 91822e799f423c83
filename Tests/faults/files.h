/* files.h: stands between the library and the system's calls on files, and makes them fail as it is told to.
 * Only while armed, and only calls on the thread that armed it. Include once per program. */
#ifndef FILES_H
#define FILES_H

#include "../c/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READS = 1, OPENS = 2, FSTATS = 4, WRITES = 8, SYNCS = 16, RENAMES = 32, CLOSES = 64, STATS = 128, TRUNCATES = 256 };
enum {
  FAILS,      /* -1 and `error` */
  SHORT,      /* one byte of what was asked for */
  ENDS,       /* 0: the end of the file */
  KILLED,     /* the process is killed before the call */
  TORN,       /* it is killed when half of what it writes is written */
  OTHERWISE   /* -1 and `error` at every other call, so that a caller that tries again goes on */
};
static struct {
  int kinds, fault, error;
  long from, to;       /* which calls of these kinds, from 1 */
  long calls, faults;  /* how many there were, and how many failed */
  long tick;                  /* nanoseconds of the clock that stamps files, as before Linux 6.13; 0: the system's */
  void (*between)(long call); /* called in the middle of a read: it is made in two parts */
} files;
static __thread int files_armed;

#define REAL(type, name, ...)                               \
  static type (*real)(__VA_ARGS__);                         \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

static void files_arm(int kinds, int fault, int error, long from, long to) {
  files.kinds = kinds;
  files.fault = fault;
  files.error = error;
  files.from = from;
  files.to = to;
  files.calls = files.faults = 0;
  files_armed = 1;
}
static void files_disarm(void) { files_armed = 0; }

static int files_fault(int kind) {
  if (!files_armed || (files.kinds & kind) == 0) return 0;
  const long number = ++files.calls;
  if (number < files.from || number > files.to || (files.fault == OTHERWISE && number % 2 == 0)) return 0;
  files.faults++;
  if (files.fault == KILLED) raise(SIGKILL);
  if (files.fault == FAILS || files.fault == OTHERWISE) errno = files.error;
  return 1;
}
#define FAULTY(kind, otherwise) (files_fault(kind) ? -1 : (otherwise))

ssize_t pread(int fd, void *to, size_t count, off_t offset) {
  REAL(ssize_t, pread, int, void *, size_t, off_t);
  if (files_fault(READS)) {
    if (files.fault == SHORT) return real(fd, to, count < 1 ? count : 1, offset);
    return files.fault == ENDS ? 0 : -1;
  }
  if (files_armed && files.between != NULL) {
    const ssize_t first = real(fd, to, count / 2, offset);
    files_armed = 0;
    files.between(files.calls);
    files_armed = 1;
    if (first < 0 || (size_t)first < count / 2) return first;
    const ssize_t rest = real(fd, (char *)to + first, count - (size_t)first, offset + first);
    return rest < 0 ? rest : first + rest;
  }
  return real(fd, to, count, offset);
}

ssize_t read(int fd, void *to, size_t count) {
  REAL(ssize_t, read, int, void *, size_t);
  if (files_fault(READS)) {
    if (files.fault == SHORT) return real(fd, to, count < 1 ? count : 1);
    return files.fault == ENDS ? 0 : -1;
  }
  if (files_armed && files.between != NULL) {
    const ssize_t first = real(fd, to, count / 2);
    files_armed = 0;
    files.between(files.calls);
    files_armed = 1;
    if (first < 0 || (size_t)first < count / 2) return first;
    const ssize_t rest = real(fd, (char *)to + first, count - (size_t)first);
    return rest < 0 ? rest : first + rest;
  }
  return real(fd, to, count);
}

ssize_t write(int fd, const void *data, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (!files_fault(WRITES)) return real(fd, data, count);
  if (files.fault == SHORT) return real(fd, data, count < 1 ? count : 1);
  if (files.fault == TORN && real(fd, data, count / 2) >= 0) raise(SIGKILL);
  return files.fault == ENDS ? 0 : -1;
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  if (!files_fault(WRITES)) return real(fd, data, count, offset);
  if (files.fault == SHORT) return real(fd, data, count < 1 ? count : 1, offset);
  if (files.fault == TORN && real(fd, data, count / 2, offset) >= 0) raise(SIGKILL);
  return files.fault == ENDS ? 0 : -1;
}

int ftruncate(int fd, off_t size) {
  REAL(int, ftruncate, int, off_t);
  return FAULTY(TRUNCATES, real(fd, size));
}

int open(const char *path, int flags, ...) {
  REAL(int, open, const char *, int, ...);
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return FAULTY(OPENS, real(path, flags, mode));
}

int fstat(int fd, struct stat *out) {
  REAL(int, fstat, int, struct stat *);
  const int status = FAULTY(FSTATS, real(fd, out));
  if (status == 0 && files_armed && files.tick > 0) out->st_mtim.tv_nsec -= out->st_mtim.tv_nsec % files.tick;
  return status;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(int, clock_gettime, clockid_t, struct timespec *);
  if (!files_armed || files.tick == 0 || clock != CLOCK_REALTIME_COARSE) return real(clock, now);
  const int status = real(clock, now);
  now->tv_nsec -= now->tv_nsec % files.tick;
  return status;
}
int stat(const char *path, struct stat *out) {
  REAL(int, stat, const char *, struct stat *);
  return FAULTY(STATS, real(path, out));
}
int fsync(int fd) {
  REAL(int, fsync, int);
  return FAULTY(SYNCS, real(fd));
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return FAULTY(RENAMES, real(from, to));
}
int close(int fd) {
  REAL(int, close, int);
  const int status = real(fd); /* the descriptor is gone in any case, as on Linux */
  return FAULTY(CLOSES, status);
}

#endif
