/* notes.h: what a program in C or C++ says on standard error of labels that the model never learned, and whether its
 * output was written. For the examples. */
#ifndef NOTES_H
#define NOTES_H

#include <actionclip.h>

#include <stdio.h>

/* Writes one line about all labels that the model never learned. Other models than the default one seldom know. */
static inline void note_unlearned(const char *program, const actionclip_model *model, const char *const *labels,
                                  size_t count) {
  char note[1024], first[1024] = "";
  size_t found = 0, size = 0;
  for (size_t i = 0; i < count; i++)
    if (actionclip_model_label_note(model, labels[i], note, sizeof note, &size) == ACTIONCLIP_OK && size > 1 &&
        found++ == 0)
      snprintf(first, sizeof first, "%s", note);
  if (found == 1) fprintf(stderr, "%s: %s\n", program, first);
  if (found > 1) fprintf(stderr, "%s: %s (and %zu more of %zu labels)\n", program, first, found - 1, count);
}

/* Returns the exit status of a program whose work is done: 1, with a line that says so, if its output is not whole, as
 * on a full disk. */
static inline int status_of_output(const char *program) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
  fprintf(stderr, "%s: standard output cannot be written\n", program);
  return 1;
}

#endif
