// C definitions that replace functions of the C library whose newest versions older systems lack. They are linked into
// the shared library and into the command, and hidden from everything else. Nothing here is called by our own code.
#ifndef CGLIBC_H
#define CGLIBC_H

__attribute__((visibility("hidden"))) float hypotf(float x, float y);

#endif
