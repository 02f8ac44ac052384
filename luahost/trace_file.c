/* trace_file.c - see trace_file.h.
 *
 * Every line is written at once, so that the trace of a program that crashed
 * ends with the last thing that it did.
 */
#include "trace_file.h"

#include <errno.h>
#include <string.h>

int ptg__trace_file_open(struct ptg__trace_file *file, const char *path) {
  *file = (struct ptg__trace_file){.path = path};
  if (path == NULL) return 0;
  file->stream = fopen(path, "we");
  if (file->stream == NULL) {
    fprintf(stderr, "ptg: --trace: %s: %s\n", path, strerror(errno));
    return -1;
  }
  setvbuf(file->stream, NULL, _IOLBF, BUFSIZ);
  return 0;
}

static void write_line(ptg_runtime *runtime, const char *line, size_t length,
                       void *user_data) {
  struct ptg__trace_file *file = user_data;
  (void)runtime;
  if (file->error != 0) return;
  if (fwrite(line, 1, length, file->stream) != length ||
      putc('\n', file->stream) == EOF)
    file->error = errno;
}

void ptg__trace_file_begin(struct ptg__trace_file *file, ptg_runtime *runtime) {
  if (file->stream != NULL) ptg_runtime_set_trace(runtime, write_line, file);
}

void ptg__trace_file_close(struct ptg__trace_file *file) {
  if (file->stream == NULL) return;
  if (fclose(file->stream) != 0 && file->error == 0) file->error = errno;
  file->stream = NULL;
  if (file->error != 0)
    fprintf(stderr, "ptg: --trace: %s: %s\n", file->path,
            strerror(file->error));
}
