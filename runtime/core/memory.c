/* memory.c - see memory.h. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

void *ptg__memory_default(void *data, void *block, size_t old_size,
                          size_t new_size) {
  (void)data;
  (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

void *ptg__memory_take(const struct ptg__memory *memory, size_t size) {
  void *block = memory->alloc(memory->data, NULL, 0, size);
  if (block != NULL) memset(block, 0, size);
  return block;
}

void ptg__memory_give(const struct ptg__memory *memory, void *block,
                      size_t size) {
  if (block != NULL) memory->alloc(memory->data, block, size, 0);
}

size_t ptg__text_length(const char *text, size_t length, size_t limit) {
  if (text == NULL) return 0;
  if (length != PTG_NUL_TERMINATED) return length;

  const char *end = memchr(text, '\0', limit + 1);
  return end != NULL ? (size_t)(end - text) : limit + 1;
}

/* How many bytes the character at text takes, 0 if it is malformed. The table
 * of well-formed sequences is Unicode's, chapter 3, table 3-7. */
static size_t character_size(const unsigned char *text, size_t left) {
  unsigned char first = text[0];
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;

  size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (left < size) return 0;
  for (size_t i = 1; i < size; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;

  if (first == 0xE0 && text[1] < 0xA0) return 0;
  if (first == 0xED && text[1] > 0x9F) return 0;
  if (first == 0xF0 && text[1] < 0x90) return 0;
  if (first == 0xF4 && text[1] > 0x8F) return 0;
  return size;
}

/* Eight characters of ASCII, none of which is NUL? */
static int are_plain(const unsigned char *bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
  uint64_t word;
  memcpy(&word, bytes, sizeof(word));
  return ((word | (word - ones)) & highs) == 0;
}

int ptg__text_is_valid(const char *text, size_t length) {
  const unsigned char *bytes = (const unsigned char *)text;
  while (length > 0) {
    size_t size =
        length >= 8 && are_plain(bytes) ? 8 : character_size(bytes, length);
    if (size == 0) return 0;
    bytes += size;
    length -= size;
  }
  return 1;
}

size_t ptg__text_whole_length(const char *text, size_t length) {
  const unsigned char *bytes = (const unsigned char *)text;
  size_t last = length;
  while (last > 0 && length - last < 3 && (bytes[last - 1] & 0xC0) == 0x80)
    last--;
  if (last == 0 || bytes[last - 1] < 0xC0) return length;
  last--;
  size_t size = bytes[last] < 0xE0 ? 2 : bytes[last] < 0xF0 ? 3 : 4;
  return length - last < size ? last : length;
}

ptg_status ptg__string_init(struct ptg__string *string,
                            const struct ptg__memory *memory, const char *text,
                            size_t length) {
  *string = (struct ptg__string){NULL, 0};
  char *bytes = memory->alloc(memory->data, NULL, 0, length + 1);
  if (bytes == NULL) return PTG_ENOMEM;

  if (length > 0) memcpy(bytes, text, length);
  bytes[length] = '\0';
  *string = (struct ptg__string){bytes, length};
  return PTG_OK;
}

void ptg__string_fini(struct ptg__string *string,
                      const struct ptg__memory *memory) {
  ptg__memory_give(memory, string->bytes, string->length + 1);
  *string = (struct ptg__string){NULL, 0};
}
