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

static const unsigned char catalogue_pan_hash[] = {
#embed "catalogue/pan-hash.json5"
};

static const unsigned char catalogue_pan[] = {
#embed "catalogue/pan.json5"
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

static const unsigned char lint_names[] = {
#embed "lint-names.json5"
};

static const unsigned char lint_card_data_in_metadata[] = {
#embed "lint/card-data-in-metadata.json5"
};

static const unsigned char lint_card_field_in_model[] = {
#embed "lint/card-field-in-model.json5"
};

static const unsigned char lint_card_number_column[] = {
#embed "lint/card-number-column.json5"
};

static const unsigned char lint_cvc_token_stored[] = {
#embed "lint/cvc-token-stored.json5"
};

static const unsigned char lint_future_usage_missing[] = {
#embed "lint/future-usage-missing.json5"
};

static const unsigned char lint_future_usage_without_customer[] = {
#embed "lint/future-usage-without-customer.json5"
};

static const unsigned char lint_handle_card_action[] = {
#embed "lint/handle-card-action.json5"
};

static const unsigned char lint_http_url[] = {
#embed "lint/http-url.json5"
};

static const unsigned char lint_legacy_card_element[] = {
#embed "lint/legacy-card-element.json5"
};

static const unsigned char lint_legacy_charges[] = {
#embed "lint/legacy-charges.json5"
};

static const unsigned char lint_live_key_in_source[] = {
#embed "lint/live-key-in-source.json5"
};

static const unsigned char lint_logged_card_data[] = {
#embed "lint/logged-card-data.json5"
};

static const unsigned char lint_logged_client_secret[] = {
#embed "lint/logged-client-secret.json5"
};

static const unsigned char lint_missing_second_confirm[] = {
#embed "lint/missing-second-confirm.json5"
};

static const unsigned char lint_no_idempotency_key[] = {
#embed "lint/no-idempotency-key.json5"
};

static const unsigned char lint_no_webhook_handler[] = {
#embed "lint/no-webhook-handler.json5"
};

static const unsigned char lint_off_session_requires_action[] = {
#embed "lint/off-session-requires-action.json5"
};

static const unsigned char lint_off_session_without_confirm[] = {
#embed "lint/off-session-without-confirm.json5"
};

static const unsigned char lint_off_session_without_customer[] = {
#embed "lint/off-session-without-customer.json5"
};

static const unsigned char lint_old_intent_status[] = {
#embed "lint/old-intent-status.json5"
};

static const unsigned char lint_own_card_field[] = {
#embed "lint/own-card-field.json5"
};

static const unsigned char lint_payment_in_retry_loop[] = {
#embed "lint/payment-in-retry-loop.json5"
};

static const unsigned char lint_raw_card_number[] = {
#embed "lint/raw-card-number.json5"
};

static const unsigned char lint_reuse_without_off_session[] = {
#embed "lint/reuse-without-off-session.json5"
};

static const unsigned char lint_server_sends_code[] = {
#embed "lint/server-sends-code.json5"
};

static const unsigned char lint_stripe_js_origin[] = {
#embed "lint/stripe-js-origin.json5"
};

static const unsigned char lint_test_key_in_source[] = {
#embed "lint/test-key-in-source.json5"
};

static const unsigned char lint_verification_code_column[] = {
#embed "lint/verification-code-column.json5"
};

static const unsigned char lint_webhook_not_verified[] = {
#embed "lint/webhook-not-verified.json5"
};

static const unsigned char lint_webhook_parsed_first[] = {
#embed "lint/webhook-parsed-first.json5"
};

static const unsigned char lint_webhook_secret_in_source[] = {
#embed "lint/webhook-secret-in-source.json5"
};

static const unsigned char lint_wrong_key_in_browser[] = {
#embed "lint/wrong-key-in-browser.json5"
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
    {"lint-names.json5", lint_names, sizeof lint_names},
    {"lint/card-data-in-metadata.json5", lint_card_data_in_metadata, sizeof lint_card_data_in_metadata},
    {"lint/card-field-in-model.json5", lint_card_field_in_model, sizeof lint_card_field_in_model},
    {"lint/card-number-column.json5", lint_card_number_column, sizeof lint_card_number_column},
    {"lint/cvc-token-stored.json5", lint_cvc_token_stored, sizeof lint_cvc_token_stored},
    {"lint/future-usage-missing.json5", lint_future_usage_missing, sizeof lint_future_usage_missing},
    {"lint/future-usage-without-customer.json5", lint_future_usage_without_customer, sizeof lint_future_usage_without_customer},
    {"lint/handle-card-action.json5", lint_handle_card_action, sizeof lint_handle_card_action},
    {"lint/http-url.json5", lint_http_url, sizeof lint_http_url},
    {"lint/legacy-card-element.json5", lint_legacy_card_element, sizeof lint_legacy_card_element},
    {"lint/legacy-charges.json5", lint_legacy_charges, sizeof lint_legacy_charges},
    {"lint/live-key-in-source.json5", lint_live_key_in_source, sizeof lint_live_key_in_source},
    {"lint/logged-card-data.json5", lint_logged_card_data, sizeof lint_logged_card_data},
    {"lint/logged-client-secret.json5", lint_logged_client_secret, sizeof lint_logged_client_secret},
    {"lint/missing-second-confirm.json5", lint_missing_second_confirm, sizeof lint_missing_second_confirm},
    {"lint/no-idempotency-key.json5", lint_no_idempotency_key, sizeof lint_no_idempotency_key},
    {"lint/no-webhook-handler.json5", lint_no_webhook_handler, sizeof lint_no_webhook_handler},
    {"lint/off-session-requires-action.json5", lint_off_session_requires_action, sizeof lint_off_session_requires_action},
    {"lint/off-session-without-confirm.json5", lint_off_session_without_confirm, sizeof lint_off_session_without_confirm},
    {"lint/off-session-without-customer.json5", lint_off_session_without_customer, sizeof lint_off_session_without_customer},
    {"lint/old-intent-status.json5", lint_old_intent_status, sizeof lint_old_intent_status},
    {"lint/own-card-field.json5", lint_own_card_field, sizeof lint_own_card_field},
    {"lint/payment-in-retry-loop.json5", lint_payment_in_retry_loop, sizeof lint_payment_in_retry_loop},
    {"lint/raw-card-number.json5", lint_raw_card_number, sizeof lint_raw_card_number},
    {"lint/reuse-without-off-session.json5", lint_reuse_without_off_session, sizeof lint_reuse_without_off_session},
    {"lint/server-sends-code.json5", lint_server_sends_code, sizeof lint_server_sends_code},
    {"lint/stripe-js-origin.json5", lint_stripe_js_origin, sizeof lint_stripe_js_origin},
    {"lint/test-key-in-source.json5", lint_test_key_in_source, sizeof lint_test_key_in_source},
    {"lint/verification-code-column.json5", lint_verification_code_column, sizeof lint_verification_code_column},
    {"lint/webhook-not-verified.json5", lint_webhook_not_verified, sizeof lint_webhook_not_verified},
    {"lint/webhook-parsed-first.json5", lint_webhook_parsed_first, sizeof lint_webhook_parsed_first},
    {"lint/webhook-secret-in-source.json5", lint_webhook_secret_in_source, sizeof lint_webhook_secret_in_source},
    {"lint/wrong-key-in-browser.json5", lint_wrong_key_in_browser, sizeof lint_wrong_key_in_browser},
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
