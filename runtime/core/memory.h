/* memory.h - the runtime's allocator, and strings that it owns. */
#ifndef PTG_CORE_MEMORY_H
#define PTG_CORE_MEMORY_H

#include <ptg/ptg.h>

struct ptg__memory {
  ptg_alloc_fn alloc;
  void *data;
};

/* An owned copy; bytes is NULL for none, else NUL-terminated. */
struct ptg__string {
  char *bytes;
  size_t length;
};

/* malloc and free in the shape of ptg_alloc_fn. */
void *ptg__memory_default(void *data, void *block, size_t old_size,
                          size_t new_size);

/* Returns zeroed memory, or NULL. */
void *ptg__memory_take(const struct ptg__memory *memory, size_t size);
void ptg__memory_give(const struct ptg__memory *memory, void *block,
                      size_t size);

/* Resolves PTG_NUL_TERMINATED; NULL has length 0. Never reads past limit + 1
 * bytes. */
size_t ptg__text_length(const char *text, size_t length, size_t limit);

/* True for UTF-8 without NUL, surrogates or overlong forms. */
int ptg__text_is_valid(const char *text, size_t length);

/* The length of UTF-8 without the character, if any, that was cut at its end.
 */
size_t ptg__text_whole_length(const char *text, size_t length);

/* Copies text, or returns PTG_ENOMEM and leaves *string empty. */
ptg_status ptg__string_init(struct ptg__string *string,
                            const struct ptg__memory *memory, const char *text,
                            size_t length);
void ptg__string_fini(struct ptg__string *string,
                      const struct ptg__memory *memory);

#endif
