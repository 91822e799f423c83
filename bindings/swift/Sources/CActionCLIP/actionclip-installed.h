/* A module map names headers by paths, and the installed header's is known to pkg-config alone. */
#include <actionclip.h>
