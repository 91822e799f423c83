// Loading FFmpeg's libraries, and the choice among the versions that are there.
//
// They are loaded into a scope of their own (RTLD_LOCAL), without RTLD_DEEPBIND, which would cut them off from a host's
// allocator and which sanitizers refuse. Two versions in one process do not mix: FFmpeg's symbols carry the major
// version of their library, so each library finds its own.
#include <dlfcn.h>
#include <errno.h>
#include <libintl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "packages.h"
#include "structures.h"

// A version of FFmpeg, and the majors of its libraries, which are installed side by side and never mixed. `oldest` is
// the minor of libavformat in the version's first release: what developers built before has other layouts.
typedef struct {
  int version;
  unsigned avutil, avcodec, avformat, swscale, oldest;
} release;

// The newest first.
static const release releases[] = {
    {8, 60, 62, 62, 9, 3},  {7, 59, 61, 61, 8, 1},  {6, 58, 60, 60, 7, 3},
    {5, 57, 59, 59, 6, 16}, {4, 56, 58, 58, 5, 76},  // 4.4
};
#define RELEASES (sizeof releases / sizeof *releases)
#define RANGE "FFmpeg 4.4 to 8"

static cffmpeg_api table;
static bool bound;

// The failure of a binding: its message, and ENOMEM or EMFILE if memory or descriptors ran out, else 0. Empty if the
// libraries are just not there.
typedef struct {
  char text[400];
  int shortage;
} report;

// Returns whether an error text of dlopen, which gives no error number, states the error `code`. It does so in the
// language of the host's locale.
static bool states(const char *detail, int code) {
  char reason[128];
  return strerror_r(code, reason, sizeof reason) == 0 && strstr(detail, reason) != NULL;
}

// Returns ENOMEM or EMFILE if an error text of dlopen means that memory or descriptors ran out, which may pass; else 0.
static int shortage_in(const char *detail) {
  if (states(detail, EMFILE) || states(detail, ENFILE)) return EMFILE;
  if (states(detail, ENOMEM)) return ENOMEM;
  // These messages of glibc may come without an error. They are whole, since gettext finds translations by the whole.
  static const char *const messages[] = {
      "failed to map segment from shared object",  "cannot map zero-fill pages",
      "cannot create shared object descriptor",    "cannot create cache for search path",
      "cannot allocate memory for program header", "cannot allocate memory in static TLS block",
  };
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    if (strstr(detail, dgettext("libc", messages[i])) != NULL) return ENOMEM;
  return 0;
}

// Reports a failure. The first failure counts, which is that of the newest version, unless a later one is a shortage.
static void fail(report *to, const char *subject, const char *detail) {
  if (detail == NULL) detail = "no reason given";
  const int shortage = shortage_in(detail);
  if (to->text[0] != 0 && shortage == 0) return;
  to->shortage = shortage;
  snprintf(to->text, sizeof to->text, "%s: %s", subject, detail);
}

static void soname(char *name, size_t capacity, const char *library, unsigned major) {
  snprintf(name, capacity, "lib%s.so.%u", library, major);
}

// Returns whether the process has a library, without loading it.
static bool is_loaded(const char *library, unsigned major) {
  char name[32];
  soname(name, sizeof name, library, major);
  void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
  if (handle != NULL) dlclose(handle);
  return handle != NULL;
}

static void *load(const char *library, unsigned major, report *to) {
  char name[32];
  soname(name, sizeof name, library, major);
  // Never closed: FFmpeg's threads and thread-local data do not survive an unload.
  void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (handle != NULL) return handle;
  const char *detail = dlerror();
  const bool is_absent = detail != NULL && strncmp(detail, name, strlen(name)) == 0 && states(detail, ENOENT) &&
                         strcmp(library, "avformat") == 0;
  if (!is_absent) fail(to, name, detail);
  return NULL;
}

static bool major_is(const char *library, unsigned version, unsigned major, report *to) {
  if (version >> 16 == major) return true;
  char detail[64];
  snprintf(detail, sizeof detail, "it says version %u, its name says %u", version >> 16, major);
  fail(to, library, detail);
  return false;
}

// Puts a function into the table; false if the library lacks it.
#define FIND(library, name) ((table.name = (__typeof__(table.name))dlsym(library, #name)) != NULL)
#define REQUIRE(library, result, name, parameters) \
  if (!FIND(library, name)) {                      \
    fail(to, "lib" #library " lacks " #name, dlerror()); \
    return false;                                  \
  }

// Fills the table from the libraries of one version, and checks that each is of that version.
static bool fill_table(const release *wanted, report *to) {
  // libavformat brings the matching libavcodec and libavutil, or is not loaded at all.
  void *avformat, *avcodec, *avutil, *swscale;
  if ((avformat = load("avformat", wanted->avformat, to)) == NULL ||
      (avcodec = load("avcodec", wanted->avcodec, to)) == NULL ||
      (avutil = load("avutil", wanted->avutil, to)) == NULL ||
      (swscale = load("swscale", wanted->swscale, to)) == NULL)
    return false;

  memset(&table, 0, sizeof table);
  CFFMPEG_FUNCTIONS(REQUIRE)
  if (wanted->version >= 5) { CFFMPEG_FUNCTIONS_FROM_5(REQUIRE) }
  if (wanted->version <= 6) { CFFMPEG_FUNCTIONS_TO_6(REQUIRE) }
  if (wanted->version >= 7) { CFFMPEG_FUNCTIONS_FROM_7(REQUIRE) }

  const unsigned found = table.avformat_version();
  if (!major_is("libavutil", table.avutil_version(), wanted->avutil, to) ||
      !major_is("libavcodec", table.avcodec_version(), wanted->avcodec, to) ||
      !major_is("libavformat", found, wanted->avformat, to) ||
      !major_is("libswscale", table.swscale_version(), wanted->swscale, to))
    return false;
  if ((found >> 8 & 0xff) < wanted->oldest) {
    fail(to, "libavformat", "it is older than FFmpeg 4.4, or from between two releases");
    return false;
  }
  static char versions[128];
  snprintf(versions, sizeof versions, "FFmpeg %s (libavformat %u.%u.%u)", table.av_version_info(), found >> 16,
           found >> 8 & 0xff, found & 0xff);
  table.versions = versions;
  return true;
}

static bool bind_release(const release *wanted, report *to) {
  // The versions whose libavutil this library was the first to load, a bit for each.
  static unsigned ours;
  const unsigned bit = 1u << wanted->version;
  const bool was_loaded = is_loaded("avutil", wanted->avutil);
  const bool is_bound = fill_table(wanted, to);
  if (!was_loaded && is_loaded("avutil", wanted->avutil)) ours |= bit;
  if (!is_bound) {
    // After a shortage a host tries again. After any other failure it may load FFmpeg itself and set a callback.
    if (to->shortage == 0) ours &= ~bit;
    return false;
  }
  cffmpeg_use_layout(wanted->version);
  if ((ours & bit) != 0) {
    // Installed at once, so that a callback which the host sets from here on replaces it.
    cffmpeg_log_install(table.av_log_set_callback, table.av_log_default_callback);
    cffmpeg_log_listen(&table);
  }
  return true;
}

static bool bind_any(report *to) {
  bool is_used[RELEASES];
  for (size_t i = 0; i < RELEASES; i++) is_used[i] = is_loaded("avcodec", releases[i].avcodec);
  // The version that the process uses already goes first, so that host and library share it.
  for (size_t turn = 0; turn < 2 * RELEASES; turn++) {
    const size_t i = turn % RELEASES;
    if (is_used[i] != (turn < RELEASES)) continue;
    if (bind_release(&releases[i], to)) return true;
    if (to->shortage != 0) return false;
  }
  return false;
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

static void explain(const report *failure, char *message, size_t capacity) {
  if (failure->shortage != 0) {
    snprintf(message, capacity, "FFmpeg's libraries cannot be loaded now: %s", failure->text);
    return;
  }
  char advice[128];
  cffmpeg_advise_packages(advice, sizeof advice);
  if (failure->text[0] == 0)
    snprintf(message, capacity, "video needs libavformat, libavcodec and libswscale of " RANGE ", and none is here; %s",
             advice);
  else
    snprintf(message, capacity,
             "video needs the libraries of " RANGE ", and those here cannot be used: %s; take that file out of the "
             "library path, or %s",
             failure->text, advice);
}

int cffmpeg_bind(const cffmpeg_api **api, char *message, size_t capacity) {
  static pthread_once_t guarded = PTHREAD_ONCE_INIT;
  pthread_once(&guarded, guard_fork);
  report failure = {"", 0};
  pthread_mutex_lock(&loading);
  if (!bound) {
    is_loading = true;
    bound = bind_any(&failure);
    is_loading = false;
  }
  const bool is_bound = bound;
  pthread_mutex_unlock(&loading);
  *api = is_bound ? &table : NULL;
  if (is_bound) return 0;
  explain(&failure, message, capacity);
  return failure.shortage != 0 ? failure.shortage : -1;
}
