// Access to the fields of FFmpeg's structures in the version that is bound: for each line of layout.h a function named
// STRUCTURE_field, which returns where the field is.
#ifndef CFFMPEG_STRUCTURES_H
#define CFFMPEG_STRUCTURES_H

#include "layout.h"

typedef struct {
#define CFFMPEG_OFFSET(structure, field, ...) uint16_t structure##_##field;
  CFFMPEG_FIELDS(CFFMPEG_OFFSET)
  CFFMPEG_SOME_FIELDS(CFFMPEG_OFFSET)
#undef CFFMPEG_OFFSET
} cffmpeg_offsets;

// The offset to add to the log level of a codec context. It lifts messages above every threshold, and stays below 256,
// where FFmpeg's default callback cuts the level off.
#define CFFMPEG_LOG_LEVEL_OFFSET 150

// The offsets of the bound version. cffmpeg_bind sets them before anything reads them.
extern const cffmpeg_offsets *cffmpeg_layout;

// Takes the offsets of a version of FFmpeg, 4 to 8.
void cffmpeg_use_layout(int version);

#define CFFMPEG_PLACE(structure, field, type, ...)                                    \
  static inline type *structure##_##field(const structure *of) {                      \
    return (type *)(uintptr_t)((const char *)of + cffmpeg_layout->structure##_##field); \
  }
CFFMPEG_FIELDS(CFFMPEG_PLACE)
CFFMPEG_SOME_FIELDS(CFFMPEG_PLACE)
#undef CFFMPEG_PLACE

#define CFFMPEG_NUMBER(name, number) name = number,
enum { CFFMPEG_NUMBERS(CFFMPEG_NUMBER) };
#undef CFFMPEG_NUMBER

#endif
