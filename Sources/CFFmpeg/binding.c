#include "CFFmpeg.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)
#define SONAME(name, major) "lib" #name ".so." STRING(major)

// The Debian packages to install: libavformat brings the matching libavcodec and libavutil.
#define PACKAGES \
  "libavformat" STRING(LIBAVFORMAT_VERSION_MAJOR) " libswscale" STRING(LIBSWSCALE_VERSION_MAJOR)

static cffmpeg_api table;
static bool bound;
// Whether this library was the first to load libavutil into the process.
static bool is_ours;

// The failure of a binding: its message, and ENOMEM or EMFILE if memory or descriptors ran out, else 0.
typedef struct {
  char *message;
  size_t capacity;
  int shortage;
} report;

// Returns ENOMEM or EMFILE if an error text of dlopen means that memory or descriptors ran out, which may pass; else
// 0. dlopen gives no error number.
static int shortage_in(const char *detail) {
  static const int codes[] = {EMFILE, ENFILE, ENOMEM};
  static const char *const words[] = {"failed to map", "cannot map", "cannot create shared object descriptor",
                                      "cannot create cache", "cannot allocate memory"};
  char reason[128];
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (strerror_r(codes[i], reason, sizeof reason) == 0 && strstr(detail, reason) != NULL)
      return codes[i] == ENOMEM ? ENOMEM : EMFILE;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(detail, words[i]) != NULL) return ENOMEM;
  return 0;
}

static void fail(report *to, const char *subject, const char *detail) {
  if (detail == NULL) detail = "no reason given";
  to->shortage = shortage_in(detail);
  snprintf(to->message, to->capacity,
           to->shortage != 0 ? "FFmpeg's libraries cannot be loaded now: %s (%s)"
                            : "video needs FFmpeg's libraries: %s (%s); install them with: apt-get install " PACKAGES,
           subject, detail);
}

static void *load(const char *soname, report *to) {
  // Never closed: FFmpeg's threads and thread-local data do not survive an unload.
  void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fail(to, soname, dlerror());
  return library;
}

static bool major_is(const char *soname, unsigned version, unsigned major, report *to) {
  if (version >> 16 == major) return true;
  char detail[64];
  snprintf(detail, sizeof detail, "it says version %u, this library was built for %u",
           version >> 16, major);
  fail(to, soname, detail);
  return false;
}

// Puts a function into the table; false if the library lacks it.
#define FIND(library, function) \
  ((table.function = (__typeof__(table.function))dlsym(library, #function)) != NULL)

static bool bind_all(report *to) {
  const char *const avutil_name = SONAME(avutil, LIBAVUTIL_VERSION_MAJOR);
  void *before = is_ours ? NULL : dlopen(avutil_name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  if (before != NULL) dlclose(before);

  void *avutil, *avcodec, *avformat, *swscale;
  if ((avutil = load(avutil_name, to)) == NULL) return false;
  // Installed at once, so that a callback which the host sets from here on replaces it.
  if (before == NULL && !is_ours && FIND(avutil, av_log_set_callback) && FIND(avutil, av_log_default_callback)) {
    cffmpeg_log_install(table.av_log_set_callback, table.av_log_default_callback);
    is_ours = true;
  }
  if ((avcodec = load(SONAME(avcodec, LIBAVCODEC_VERSION_MAJOR), to)) == NULL) return false;
  if ((avformat = load(SONAME(avformat, LIBAVFORMAT_VERSION_MAJOR), to)) == NULL) return false;
  if ((swscale = load(SONAME(swscale, LIBSWSCALE_VERSION_MAJOR), to)) == NULL) return false;

#define REQUIRE(library, function)                         \
  if (!FIND(library, function)) {                          \
    fail(to, "lib" #library " lacks " #function, dlerror()); \
    return false;                                          \
  }
  CFFMPEG_FUNCTIONS(REQUIRE)
  CFFMPEG_LATER_FUNCTIONS(REQUIRE)

  if (!major_is("libavutil", table.avutil_version(), LIBAVUTIL_VERSION_MAJOR, to) ||
      !major_is("libavcodec", table.avcodec_version(), LIBAVCODEC_VERSION_MAJOR, to) ||
      !major_is("libavformat", table.avformat_version(), LIBAVFORMAT_VERSION_MAJOR, to) ||
      !major_is("libswscale", table.swscale_version(), LIBSWSCALE_VERSION_MAJOR, to))
    return false;
  if (is_ours) cffmpeg_log_listen(&table);
  return true;
}

// Held while the libraries are loaded, and by fork(): a child that is forked while another thread is inside dlopen
// inherits half-loaded libraries, and crashes when it opens a video.
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool is_loading;  // lets a library's constructor fork

static void before_fork(void) {
  if (!is_loading) pthread_mutex_lock(&loading);
}
static void after_fork(void) {
  if (!is_loading) pthread_mutex_unlock(&loading);
}

static void guard_fork(void) { (void)pthread_atfork(before_fork, after_fork, after_fork); }

int cffmpeg_bind(const cffmpeg_api **api, char *message, size_t capacity) {
  static pthread_once_t guarded = PTHREAD_ONCE_INIT;
  pthread_once(&guarded, guard_fork);
  report failure = {message, capacity, 0};
  pthread_mutex_lock(&loading);
  if (!bound) {
    is_loading = true;
    bound = bind_all(&failure);
    is_loading = false;
  }
  const bool is_bound = bound;
  pthread_mutex_unlock(&loading);
  *api = is_bound ? &table : NULL;
  return is_bound ? 0 : failure.shortage != 0 ? failure.shortage : -1;
}
