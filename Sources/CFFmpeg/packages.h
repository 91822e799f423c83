#ifndef CFFMPEG_PACKAGES_H
#define CFFMPEG_PACKAGES_H

#include <stddef.h>

// Writes how to install FFmpeg's libraries on this system to `advice`, of `capacity` bytes, as os-release(5) names the
// distribution.
void cffmpeg_advise_packages(char *advice, size_t capacity);
// Writes how to install them on the system that the text of an os-release file describes.
void cffmpeg_advise_for(const char *os_release, char *advice, size_t capacity);

#endif
