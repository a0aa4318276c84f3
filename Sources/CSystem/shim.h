#pragma once
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call.
static inline int unpan_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }

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

// pipe2 is for GNU sources only. Both ends are closed on exec.
int pipe2(int ends[2], int flags);
static inline int unpan_pipe(int ends[2]) { return pipe2(ends, 02000000); }
