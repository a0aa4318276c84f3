#pragma once
#include <stddef.h>

/// One embedded rule file.
typedef struct {
  /// Path below `rules/`, for example `words/en.json5`.
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} unpan_rule_file;

/// How many rule files are embedded.
size_t unpan_rule_file_count(void);

/// The embedded rule file at `index`, in the order of their names.
unpan_rule_file unpan_rule_file_at(size_t index);
