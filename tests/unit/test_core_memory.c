/* test_core_memory.c - UTF-8 as Unicode's table 3-7 has it, lengths, strings.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/memory.h"

/* ----------------------------------------------------------------- UTF-8 -- */

static void well_formed_text_is_valid(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t length;
  } rows[] = {
      {"", 0},
      {"a", 1},
      {"\x7F", 1},
      {"\xC2\x80", 2},
      {"\xDF\xBF", 2},
      {"\xE0\xA0\x80", 3},
      {"\xED\x9F\xBF", 3},
      {"\xEE\x80\x80", 3},
      {"\xEF\xBF\xBF", 3},
      {"\xF0\x90\x80\x80", 4},
      {"\xF4\x8F\xBF\xBF", 4},
      {"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", 15},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    assert_true(ptg__text_is_valid(rows[i].text, rows[i].length));
}

static void malformed_text_is_not(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t length;
  } rows[] = {
      {"\0", 1},                   /* NUL */
      {"ab\0c", 4},                /* NUL inside */
      {"\x80", 1},                 /* a continuation alone */
      {"\xBF", 1},                 /* likewise */
      {"\xC0\x80", 2},             /* overlong NUL */
      {"\xC1\xBF", 2},             /* overlong */
      {"\xC2", 1},                 /* cut */
      {"\xC2g", 2},                /* no continuation */
      {"\xE0\x9F\xBF", 3},         /* overlong */
      {"\xED\xA0\x80", 3},         /* a surrogate */
      {"\xED\xBF\xBF", 3},         /* a surrogate */
      {"\xE2\x82", 2},             /* cut */
      {"\xE2\x82g", 3},            /* no continuation */
      {"\xF0\x8F\xBF\xBF", 4},     /* overlong */
      {"\xF4\x90\x80\x80", 4},     /* beyond U+10FFFF */
      {"\xF5\x80\x80\x80", 4},     /* no such lead */
      {"\xF0\x9F\x98", 3},         /* cut */
      {"ok\xF0\x9F\x98g", 6},      /* no continuation */
      {"\xF8\x88\x80\x80\x80", 5}, /* five bytes */
      {"\xFE", 1},
      {"\xFF", 1},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    assert_false(ptg__text_is_valid(rows[i].text, rows[i].length));
}

/* Decodes without a table: what encodes back to the same bytes is valid. */
static size_t encode(uint32_t code, unsigned char *bytes) {
  if (code < 0x80) {
    bytes[0] = (unsigned char)code;
    return 1;
  }
  size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = size; i-- > 1; code >>= 6)
    bytes[i] = (unsigned char)(0x80 | (code & 0x3F));
  bytes[0] = (unsigned char)((0xF00 >> size & 0xFF) | code);
  return size;
}

static int is_character(const unsigned char *bytes, size_t size) {
  static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t code = bytes[0] & lead_mask[size];
  for (size_t i = 1; i < size; i++)
    code = code << 6 | (bytes[i] & 0x3F);
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
    return 0;
  unsigned char again[4];
  return encode(code, again) == size && memcmp(again, bytes, size) == 0;
}

static void check_bytes(const unsigned char *bytes, size_t size) {
  /* Two-byte text may also be two characters of one byte, and so on. */
  int expected = is_character(bytes, size);
  for (size_t cut = 1; cut < size && !expected; cut++)
    expected = ptg__text_is_valid((const char *)bytes, cut) &&
               ptg__text_is_valid((const char *)bytes + cut, size - cut);
  assert_int_equal(ptg__text_is_valid((const char *)bytes, size), expected);
}

static void every_short_sequence_is_judged_as_a_decoder_would(void **state) {
  (void)state;
  unsigned char b[4];
  for (uint32_t i = 0; i < 256; i++) {
    b[0] = (unsigned char)i;
    check_bytes(b, 1);
  }
  for (uint32_t i = 0; i < 65536; i++) {
    b[0] = (unsigned char)(i >> 8);
    b[1] = (unsigned char)i;
    check_bytes(b, 2);
  }
  for (uint32_t i = 0; i < 16 * 65536; i++) {
    b[0] = (unsigned char)(0xE0 | i >> 16);
    b[1] = (unsigned char)(i >> 8);
    b[2] = (unsigned char)i;
    check_bytes(b, 3);
  }
  for (uint32_t code = 1; code < 0x120000; code++) {
    int is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    int is_good = !is_surrogate && code <= 0x10FFFF;
    size_t size = encode(code, b);
    assert_int_equal(ptg__text_is_valid((const char *)b, size), is_good);
    /* A character that is cut is none, whatever it is. */
    for (size_t cut = 1; cut < size; cut++)
      assert_false(ptg__text_is_valid((const char *)b, cut));
  }
}

/* --------------------------------------------------------------- lengths -- */

/* A page of text with nothing readable behind it. */
static char *make_page(size_t *size) {
  *size = (size_t)sysconf(_SC_PAGESIZE);
  char *page = mmap(NULL, 2 * *size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(page != MAP_FAILED);
  assert_int_equal(mprotect(page + *size, *size, PROT_NONE), 0);
  memset(page, 'x', *size);
  return page;
}

static void a_length_is_taken_or_counted(void **state) {
  (void)state;
  assert_int_equal(ptg__text_length(NULL, 5, 255), 0);
  assert_int_equal(ptg__text_length(NULL, PTG_NUL_TERMINATED, 255), 0);
  assert_int_equal(ptg__text_length("abc", 2, 255), 2);
  assert_int_equal(ptg__text_length("abc", 0, 255), 0);
  assert_int_equal(ptg__text_length("abc", 1000, 255), 1000);
  assert_int_equal(ptg__text_length("abc", PTG_NUL_TERMINATED, 255), 3);
  assert_int_equal(ptg__text_length("", PTG_NUL_TERMINATED, 255), 0);
  assert_int_equal(ptg__text_length("abc", PTG_NUL_TERMINATED, 3), 3);
  assert_int_equal(ptg__text_length("abcd", PTG_NUL_TERMINATED, 3), 4);
}

static void nothing_is_read_past_the_limit(void **state) {
  (void)state;
  size_t size;
  char *page = make_page(&size);
  char *text = page + size - 256;
  assert_int_equal(ptg__text_length(text, PTG_NUL_TERMINATED, 255), 256);
  text[255] = '\0';
  assert_int_equal(ptg__text_length(text, PTG_NUL_TERMINATED, 255), 255);
  memcpy(page + size - 3, "\xF0\x9F\x98", 3);
  assert_false(ptg__text_is_valid(page + size - 3, 3));
  assert_int_equal(munmap(page, 2 * size), 0);
}

static void a_character_that_was_cut_is_left_out(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t length;
    size_t whole;
  } rows[] = {
      {"", 0, 0},
      {"abc", 3, 3},
      {"ab\xC3\xA9", 4, 4},
      {"ab\xC3", 3, 2},
      {"\xE2\x82\xAC", 3, 3},
      {"\xE2\x82", 2, 0},
      {"a\xE2", 2, 1},
      {"\xF0\x9F\x98\x80", 4, 4},
      {"\xF0\x9F\x98", 3, 0},
      {"\xC3\xA9\xF0\x9F", 4, 2},
      {"\xC3\xA9\xF0", 3, 2},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    assert_int_equal(ptg__text_whole_length(rows[i].text, rows[i].length),
                     rows[i].whole);
}

/* --------------------------------------------------------------- strings -- */

struct counts {
  size_t bytes;
  int fails;
};

static void *count_alloc(void *data, void *block, size_t old_size,
                         size_t new_size) {
  struct counts *counts = data;
  if (new_size > 0 && counts->fails) return NULL;
  counts->bytes += new_size - old_size;
  return ptg__memory_default(NULL, block, old_size, new_size);
}

static void a_string_is_a_copy_that_ends_with_nul(void **state) {
  (void)state;
  struct counts counts = {0, 0};
  struct ptg__memory memory = {count_alloc, &counts};
  char text[] = "abc";
  struct ptg__string string;
  assert_int_equal(ptg__string_init(&string, &memory, text, 2), PTG_OK);
  text[0] = 'X';
  assert_string_equal(string.bytes, "ab");
  assert_int_equal(string.length, 2);
  ptg__string_fini(&string, &memory);
  assert_null(string.bytes);
  ptg__string_fini(&string, &memory);

  assert_int_equal(ptg__string_init(&string, &memory, NULL, 0), PTG_OK);
  assert_string_equal(string.bytes, "");
  ptg__string_fini(&string, &memory);
  assert_int_equal(counts.bytes, 0);
}

static void without_memory_a_string_is_empty(void **state) {
  (void)state;
  struct counts counts = {0, 1};
  struct ptg__memory memory = {count_alloc, &counts};
  struct ptg__string string = {(char *)1, 1};
  assert_int_equal(ptg__string_init(&string, &memory, "abc", 3), PTG_ENOMEM);
  assert_null(string.bytes);
  assert_int_equal(string.length, 0);
  ptg__string_fini(&string, &memory);
  assert_null(ptg__memory_take(&memory, 8));
  ptg__memory_give(&memory, NULL, 8);
  assert_int_equal(counts.bytes, 0);
}

static void memory_is_taken_zeroed_and_given_back(void **state) {
  (void)state;
  struct counts counts = {0, 0};
  struct ptg__memory memory = {count_alloc, &counts};
  unsigned char *block = ptg__memory_take(&memory, 4096);
  for (size_t i = 0; i < 4096; i++)
    assert_int_equal(block[i], 0);
  assert_int_equal(counts.bytes, 4096);
  ptg__memory_give(&memory, block, 4096);
  assert_int_equal(counts.bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(well_formed_text_is_valid),
      cmocka_unit_test(malformed_text_is_not),
      cmocka_unit_test(every_short_sequence_is_judged_as_a_decoder_would),
      cmocka_unit_test(a_length_is_taken_or_counted),
      cmocka_unit_test(nothing_is_read_past_the_limit),
      cmocka_unit_test(a_character_that_was_cut_is_left_out),
      cmocka_unit_test(a_string_is_a_copy_that_ends_with_nul),
      cmocka_unit_test(without_memory_a_string_is_empty),
      cmocka_unit_test(memory_is_taken_zeroed_and_given_back),
  };
  return cmocka_run_group_tests_name("core/memory", tests, NULL, NULL);
}
