/* test_loading.c: FFmpeg's libraries are loaded for the first video, and a child that is forked meanwhile must
 * not find half of them. (Not under the address sanitizer: it takes the C library's own reuse of a thread's
 * stack in a forked child for an error.) */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 6 };

/* -> 0 if the clip could be decoded. */
static int decode(void) {
  actionclip_video *video = NULL;
  actionclip_video_info info;
  info.struct_size = sizeof info;
  const int broken = actionclip_video_open(check_path(EXAMPLE_CLIP), NULL, &video) != ACTIONCLIP_OK ||
                     actionclip_video_get_info(video, &info) != ACTIONCLIP_OK || info.frame_count != 100;
  actionclip_video_free(video);
  return broken;
}

static void *decode_here(void *broken) {
  *(int *)broken = decode();
  return NULL;
}

/* In a process that has loaded nothing yet: a thread opens the first video, and from `delay` microseconds
 * later children are forked that open one too. */
static int fork_meanwhile(unsigned delay) {
  pthread_t id;
  pid_t children[CHILDREN];
  int in_thread = -1, broken = 0;
  if (pthread_create(&id, NULL, decode_here, &in_thread) != 0) return 1;
  usleep(delay);
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      alarm(5);
      _exit(decode());
    }
    usleep(4000);
  }
  for (int i = 0; i < CHILDREN; i++) {
    int status = -1;
    broken += waitpid(children[i], &status, 0) != children[i];
    /* Not asked here: the Swift runtime's own first-use locks, which no program can hold over a fork, stop
     * a child in about one of a thousand of these. */
    broken += status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
  }
  return broken + (pthread_join(id, NULL) != 0 || in_thread != 0);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  for (unsigned delay = 500; delay < 20000; delay += delay / 2) {
    fflush(NULL);
    const pid_t fresh = fork();
    if (fresh == 0) _exit(fork_meanwhile(delay) != 0);
    int status = -1;
    CHECK(fresh > 0 && waitpid(fresh, &status, 0) == fresh);
    CHECK(status == 0);
  }
  return check_report("test_loading");
}
