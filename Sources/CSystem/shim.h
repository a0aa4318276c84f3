#pragma once
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call.
static inline int unpan_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }

// GNU functions that the Swift module of glibc does not show. `actions` is a
// posix_spawn_file_actions_t; <spawn.h> here would take its types away from that module.
static inline int unpan_pipe_closed_on_exec(int ends[2]) {
  extern int pipe2(int ends[2], int flags);
  return pipe2(ends, 02000000);  // O_CLOEXEC
}

static inline int unpan_spawn_in_directory(void *actions, const char *path) {
  extern int posix_spawn_file_actions_addchdir_np(void *, const char *);
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

static inline int unpan_spawn_closes_from(void *actions, int first) {
  extern int posix_spawn_file_actions_addclosefrom_np(void *, int);
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

static inline const void *unpan_find(
    const void *text, unsigned long count, const void *word, unsigned long wordCount) {
  extern void *memmem(const void *, unsigned long, const void *, unsigned long);
  return memmem(text, count, word, wordCount);
}
