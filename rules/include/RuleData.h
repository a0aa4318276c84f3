#pragma once
#include <stddef.h>

/// One embedded rule file.
typedef struct {
  /// Path below `rules/`, for example `words/en.json5`.
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t count;
} unpan_rule_file;

/// All embedded rule files, in the order of their names.
extern const unpan_rule_file unpan_rule_files[];
extern const size_t unpan_rule_file_count;
