// Puts the rule files into the binary. One line a file, in the order of their names.
#include "RuleData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define UNPAN_RULE(symbol, path) static const unsigned char symbol[] = {
#define UNPAN_END };

static const unsigned char brands[] = {
#embed "brands.json5"
};

const unpan_rule_file unpan_rule_files[] = {
    {"brands.json5", brands, sizeof brands},
};
const size_t unpan_rule_file_count = sizeof unpan_rule_files / sizeof unpan_rule_files[0];
