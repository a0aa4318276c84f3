// Puts the HTML report's style and script into the binary with #embed.
#include "ReportData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style[] = {
#embed "html/report.css"
};

static const unsigned char script[] = {
#embed "html/report.js"
};

unpan_report_file unpan_report_style(void) {
  return (unpan_report_file){style, sizeof style};
}

unpan_report_file unpan_report_script(void) {
  return (unpan_report_file){script, sizeof script};
}
