// The package of FFmpeg's libraries in this system's distribution, for the message that they are missing.
#include "packages.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The distributions, by ID or ID_LIKE, and VERSION_ID where the name depends on it; the first line that fits counts.
// libavformat brings the matching libavcodec and libavutil.
static const struct {
  const char *id, *version, *command;
} distributions[] = {
    {"debian", "12", "apt-get install libavformat59 libswscale6"},
    {"debian", "13", "apt-get install libavformat61 libswscale8"},
    {"ubuntu", "22.04", "apt-get install libavformat58 libswscale5"},
    {"ubuntu", "24.04", "apt-get install libavformat60 libswscale7"},
    {"debian", NULL, "apt-get install ffmpeg"},
    {"ubuntu", NULL, "apt-get install ffmpeg"},
    {"rhel", NULL, "dnf install ffmpeg-free (from EPEL)"},  // before Fedora, which systems like RHEL are also like
    {"fedora", NULL, "dnf install ffmpeg-free"},
    {"arch", NULL, "pacman -S ffmpeg"},
    {"suse", NULL, "zypper install ffmpeg"},
    {"opensuse", NULL, "zypper install ffmpeg"},
};

// Copies the value of a line KEY=value or KEY="value" to `value`; empty if there is none.
static void find_value(const char *os_release, const char *key, char *value, size_t capacity) {
  value[0] = 0;
  const size_t length = strlen(key);
  for (const char *line = os_release; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, key, length) != 0 || line[length] != '=') continue;
    const char *from = line + length + 1;
    if (*from == '"' || *from == '\'') from++;
    const size_t size = strcspn(from, "\"'\n");
    snprintf(value, capacity, "%.*s", (int)(size < capacity ? size : capacity - 1), from);
    return;
  }
}

// Returns whether `word` is one of the words of a text, between spaces.
static bool has_word(const char *text, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += length)
    if ((at == text || at[-1] == ' ') && (at[length] == 0 || at[length] == ' ')) return true;
  return false;
}

void cffmpeg_advise_for(const char *os_release, char *advice, size_t capacity) {
  char id[64], like[128], version[64];
  find_value(os_release, "ID", id, sizeof id);
  find_value(os_release, "ID_LIKE", like, sizeof like);
  find_value(os_release, "VERSION_ID", version, sizeof version);
  for (size_t pass = 0; pass < 2; pass++) {  // by its own name, then by those that it is like
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++) {
      const char *wanted = distributions[i].version;
      if (wanted != NULL && (pass > 0 || strcmp(wanted, version) != 0)) continue;
      if (!has_word(pass == 0 ? id : like, distributions[i].id)) continue;
      snprintf(advice, capacity, "install them with: %s", distributions[i].command);
      return;
    }
  }
  snprintf(advice, capacity, "install the package of FFmpeg's shared libraries");
}

void cffmpeg_advise_packages(char *advice, size_t capacity) {
  static const char *const places[] = {"/etc/os-release", "/usr/lib/os-release"};
  char text[4096];
  ssize_t size = 0;
  for (size_t i = 0; i < 2 && size <= 0; i++) {
    const int file = open(places[i], O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    size = read(file, text, sizeof text - 1);
    close(file);
  }
  text[size > 0 ? size : 0] = 0;
  cffmpeg_advise_for(text, advice, capacity);
}
