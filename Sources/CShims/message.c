#include "CShims.h"

#include <string.h>

static _Thread_local char message[CSHIMS_MESSAGE_CAPACITY];

void cshims_set_message(const char *bytes, size_t size) {
  if (size > CSHIMS_MESSAGE_CAPACITY - 1) {
    size = CSHIMS_MESSAGE_CAPACITY - 1;
    // The cut must not leave a part of a UTF-8 sequence.
    while (size > 0 && ((unsigned char)bytes[size] & 0xC0) == 0x80) size--;
  }
  if (size > 0) memcpy(message, bytes, size);
  message[size] = '\0';
}

const char *cshims_message(void) { return message; }
