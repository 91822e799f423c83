#include <stddef.h>
#include <stdint.h>

// Writes no name of a Unicode character: nothing in the library asks for one, and the static Swift runtime's tables of
// all names are 0.5 MB. The linker gives the runtime this function in place of its own (--wrap in Package.swift), so
// that the tables stay out of the link.
ptrdiff_t __wrap__swift_stdlib_getScalarName(uint32_t scalar, uint8_t *name, ptrdiff_t capacity) {
  (void)scalar;
  (void)name;
  (void)capacity;
  return 0;
}
