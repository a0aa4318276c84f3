// Puts the rule files into the binary with #embed: one block and one line a file, by name.
// A test compares this list with the folder.
#include "RuleData.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char brands[] = {
#embed "brands.json5"
};

static const unsigned char catalogue_cvv[] = {
#embed "catalogue/cvv.json5"
};

static const unsigned char catalogue_pan[] = {
#embed "catalogue/pan.json5"
};

static const unsigned char catalogue_pan_hash[] = {
#embed "catalogue/pan-hash.json5"
};

static const unsigned char catalogue_pin_block[] = {
#embed "catalogue/pin-block.json5"
};

static const unsigned char catalogue_secret[] = {
#embed "catalogue/secret.json5"
};

static const unsigned char catalogue_split_pan[] = {
#embed "catalogue/split-pan.json5"
};

static const unsigned char catalogue_track1[] = {
#embed "catalogue/track1.json5"
};

static const unsigned char catalogue_track2[] = {
#embed "catalogue/track2.json5"
};

static const unsigned char identifiers[] = {
#embed "identifiers.json5"
};

static const unsigned char policy[] = {
#embed "policy.json5"
};

static const unsigned char requirements[] = {
#embed "requirements.json5"
};

static const unsigned char scoring[] = {
#embed "scoring.json5"
};

static const unsigned char secrets[] = {
#embed "secrets.json5"
};

static const unsigned char shapes[] = {
#embed "shapes.json5"
};

static const unsigned char stripe_ids[] = {
#embed "stripe-ids.json5"
};

static const unsigned char test_numbers[] = {
#embed "test-numbers.json5"
};

static const unsigned char words_ar[] = {
#embed "words/ar.json5"
};

static const unsigned char words_cs[] = {
#embed "words/cs.json5"
};

static const unsigned char words_da[] = {
#embed "words/da.json5"
};

static const unsigned char words_de[] = {
#embed "words/de.json5"
};

static const unsigned char words_el[] = {
#embed "words/el.json5"
};

static const unsigned char words_en[] = {
#embed "words/en.json5"
};

static const unsigned char words_es[] = {
#embed "words/es.json5"
};

static const unsigned char words_fi[] = {
#embed "words/fi.json5"
};

static const unsigned char words_fr[] = {
#embed "words/fr.json5"
};

static const unsigned char words_he[] = {
#embed "words/he.json5"
};

static const unsigned char words_hu[] = {
#embed "words/hu.json5"
};

static const unsigned char words_id[] = {
#embed "words/id.json5"
};

static const unsigned char words_it[] = {
#embed "words/it.json5"
};

static const unsigned char words_ja[] = {
#embed "words/ja.json5"
};

static const unsigned char words_ko[] = {
#embed "words/ko.json5"
};

static const unsigned char words_nb[] = {
#embed "words/nb.json5"
};

static const unsigned char words_nl[] = {
#embed "words/nl.json5"
};

static const unsigned char words_pl[] = {
#embed "words/pl.json5"
};

static const unsigned char words_pt[] = {
#embed "words/pt.json5"
};

static const unsigned char words_ro[] = {
#embed "words/ro.json5"
};

static const unsigned char words_ru[] = {
#embed "words/ru.json5"
};

static const unsigned char words_sv[] = {
#embed "words/sv.json5"
};

static const unsigned char words_th[] = {
#embed "words/th.json5"
};

static const unsigned char words_tr[] = {
#embed "words/tr.json5"
};

static const unsigned char words_uk[] = {
#embed "words/uk.json5"
};

static const unsigned char words_und[] = {
#embed "words/und.json5"
};

static const unsigned char words_vi[] = {
#embed "words/vi.json5"
};

static const unsigned char words_zh_Hans[] = {
#embed "words/zh-Hans.json5"
};

static const unsigned char words_zh_Hant[] = {
#embed "words/zh-Hant.json5"
};

static const unpan_rule_file files[] = {
    {"brands.json5", brands, sizeof brands},
    {"catalogue/cvv.json5", catalogue_cvv, sizeof catalogue_cvv},
    {"catalogue/pan-hash.json5", catalogue_pan_hash, sizeof catalogue_pan_hash},
    {"catalogue/pan.json5", catalogue_pan, sizeof catalogue_pan},
    {"catalogue/pin-block.json5", catalogue_pin_block, sizeof catalogue_pin_block},
    {"catalogue/secret.json5", catalogue_secret, sizeof catalogue_secret},
    {"catalogue/split-pan.json5", catalogue_split_pan, sizeof catalogue_split_pan},
    {"catalogue/track1.json5", catalogue_track1, sizeof catalogue_track1},
    {"catalogue/track2.json5", catalogue_track2, sizeof catalogue_track2},
    {"identifiers.json5", identifiers, sizeof identifiers},
    {"policy.json5", policy, sizeof policy},
    {"requirements.json5", requirements, sizeof requirements},
    {"scoring.json5", scoring, sizeof scoring},
    {"secrets.json5", secrets, sizeof secrets},
    {"shapes.json5", shapes, sizeof shapes},
    {"stripe-ids.json5", stripe_ids, sizeof stripe_ids},
    {"test-numbers.json5", test_numbers, sizeof test_numbers},
    {"words/ar.json5", words_ar, sizeof words_ar},
    {"words/cs.json5", words_cs, sizeof words_cs},
    {"words/da.json5", words_da, sizeof words_da},
    {"words/de.json5", words_de, sizeof words_de},
    {"words/el.json5", words_el, sizeof words_el},
    {"words/en.json5", words_en, sizeof words_en},
    {"words/es.json5", words_es, sizeof words_es},
    {"words/fi.json5", words_fi, sizeof words_fi},
    {"words/fr.json5", words_fr, sizeof words_fr},
    {"words/he.json5", words_he, sizeof words_he},
    {"words/hu.json5", words_hu, sizeof words_hu},
    {"words/id.json5", words_id, sizeof words_id},
    {"words/it.json5", words_it, sizeof words_it},
    {"words/ja.json5", words_ja, sizeof words_ja},
    {"words/ko.json5", words_ko, sizeof words_ko},
    {"words/nb.json5", words_nb, sizeof words_nb},
    {"words/nl.json5", words_nl, sizeof words_nl},
    {"words/pl.json5", words_pl, sizeof words_pl},
    {"words/pt.json5", words_pt, sizeof words_pt},
    {"words/ro.json5", words_ro, sizeof words_ro},
    {"words/ru.json5", words_ru, sizeof words_ru},
    {"words/sv.json5", words_sv, sizeof words_sv},
    {"words/th.json5", words_th, sizeof words_th},
    {"words/tr.json5", words_tr, sizeof words_tr},
    {"words/uk.json5", words_uk, sizeof words_uk},
    {"words/und.json5", words_und, sizeof words_und},
    {"words/vi.json5", words_vi, sizeof words_vi},
    {"words/zh-Hans.json5", words_zh_Hans, sizeof words_zh_Hans},
    {"words/zh-Hant.json5", words_zh_Hant, sizeof words_zh_Hant},
};

size_t unpan_rule_file_count(void) { return sizeof files / sizeof files[0]; }

unpan_rule_file unpan_rule_file_at(size_t index) { return files[index]; }
