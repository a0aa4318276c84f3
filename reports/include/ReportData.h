#pragma once
#include <stddef.h>

/// A file of `reports/html` in the binary.
typedef struct {
  const unsigned char *_Nonnull bytes;
  size_t count;
} unpan_report_file;

/// The style sheet of the HTML report.
unpan_report_file unpan_report_style(void);

/// The script of the HTML report.
unpan_report_file unpan_report_script(void);
