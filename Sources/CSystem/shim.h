#pragma once
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call.
static inline int unpan_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }

// GNU functions that the Swift module of glibc does not show. `actions` is a
// posix_spawn_file_actions_t; <spawn.h> here would take its types away from that module.
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

static inline const void *unpan_find_last(const void *bytes, int byte, unsigned long count) {
  extern void *memrchr(const void *, int, unsigned long);
  return memrchr(bytes, byte, count);
}

// Declared by <sys/mman.h> for GNU sources only, which Swift's import of it is not. 1 closes it on exec.
int memfd_create(const char *name, unsigned int flags);
static inline int unpan_memory_file(void) { return memfd_create("unpan", 1U); }

// prlimit is for GNU sources only as well. Sets both limits of another process.
struct rlimit;
int prlimit(int process, int resource, const struct rlimit *limit, struct rlimit *old);
static inline int unpan_limit(int process, int resource, unsigned long long value) {
  unsigned long long both[2] = {value, value};
  return prlimit(process, resource, (const struct rlimit *)both, (struct rlimit *)0);
}

// fcntl is variadic. Its header would make <sys/stat.h> this module's as well; 1030 is F_DUPFD_CLOEXEC
// and 02000000 O_CLOEXEC on every Linux of ours.
int fcntl(int file, int command, ...);
static inline int unpan_duplicate(int file) { return fcntl(file, 1030, 0); }
// 1031 is F_SETPIPE_SZ.
static inline int unpan_set_pipe_size(int file, int bytes) { return fcntl(file, 1031, bytes); }

// pipe2 is for GNU sources only. Both ends are closed on exec.
int pipe2(int ends[2], int flags);
static inline int unpan_pipe(int ends[2]) { return pipe2(ends, 02000000); }
