/* process_reaper.c - where the program ptg-reaper is. */
#include "process_reaper.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PTG_REAPER_PATH
#define PTG_REAPER_PATH "/usr/local/libexec/ptg/ptg-reaper"
#endif

/* Relative to the folder of the library. The last one is for lib/ARCHITECTURE
 * as Debian has it. */
static const char *const PLACES[] = {"/ptg-reaper",
                                     "/../libexec/ptg/ptg-reaper",
                                     "/../../libexec/ptg/ptg-reaper"};

struct search {
  char *path;
  size_t path_size;
  char *message;
  size_t message_size;
};

static void note(const struct search *search, const char *prefix,
                 const char *text) {
  size_t used = strlen(search->message);
  snprintf(search->message + used, search->message_size - used, "%s%s", prefix,
           text);
}

static int try_path(const struct search *search, const char *folder,
                    const char *rest) {
  int length = snprintf(search->path, search->path_size, "%s%s", folder, rest);
  if (length < 0 || (size_t)length >= search->path_size) return 0;
  if (access(search->path, X_OK) == 0) {
    search->message[0] = '\0';
    return 1;
  }
  note(search, search->message[0] ? ", " : "no ptg-reaper; tried ",
       search->path);
  return 0;
}

/* The folder of this library or, linked statically, of the program. dladdr()
 * tells a program's name as it was called, which may be of no use here. */
static int find_folder(char *folder, size_t size) {
  static const char here;
  Dl_info info;
  ssize_t length = -1;
  if (dladdr(&here, &info) != 0 && info.dli_fname[0] == '/') {
    length = snprintf(folder, size, "%s", info.dli_fname);
  } else {
    length = readlink("/proc/self/exe", folder, size - 1);
    if (length >= 0) folder[length] = '\0';
  }
  if (length <= 0 || (size_t)length >= size) return 0;

  char *slash = strrchr(folder, '/');
  if (slash == NULL) return 0;
  *slash = '\0';
  return 1;
}

int ptg__reaper_find(char *path, size_t path_size, char *message,
                     size_t message_size) {
  struct search search = {path, path_size, message, message_size};
  message[0] = '\0';

  const char *chosen = secure_getenv("PTG_REAPER");
  if (chosen != NULL && chosen[0] != '\0') {
    if (try_path(&search, chosen, "")) return 1;
    note(&search, "", " (PTG_REAPER)");
    return 0;
  }

  char folder[4096];
  if (find_folder(folder, sizeof(folder)))
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++)
      if (try_path(&search, folder, PLACES[i])) return 1;
  return try_path(&search, PTG_REAPER_PATH, "");
}
