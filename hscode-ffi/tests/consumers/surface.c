/* Every function of hscode.h, used rightly and wrongly. C99, no warnings, no leaks, no faults under valgrind. */
#include <hscode.h>

#include "check.h"

static const uint8_t *bytes(const char *text) { return (const uint8_t *)text; }

static hscode_str str(const char *text) {
    hscode_str s;
    s.utf8 = bytes(text);
    s.len = strlen(text);
    return s;
}

static const char *TEE = "mens cotton crew neck tee";

static void versions(void) {
    CHECK(hscode_abi_version() >> 16 == HSCODE_ABI_MAJOR);
    CHECK((hscode_abi_version() & 0xFFFF) == HSCODE_ABI_MINOR);
    CHECK(strchr(hscode_version(), '.') != NULL);
    CHECK_TEXT("panic", hscode_status_name(HSCODE_STATUS_PANIC));
    CHECK_TEXT("unknown", hscode_status_name(-5));
}

static void classifies(const hscode_classifier *classifier) {
    hscode_error *err = NULL;
    hscode_prediction *p = NULL;
    hscode_candidate first;
    hscode_candidate next;
    hscode_decision decision;
    size_t i;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, bytes(TEE), strlen(TEE), NULL, &p, &err));
    CHECK(err == NULL);
    CHECK(hscode_prediction_len(p) == 5);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_candidate(p, 0, &first));
    CHECK_TEXT("610910", first.code);
    CHECK(first.score > 0.0f && first.score <= 1.0f);
    for (i = 1; i < hscode_prediction_len(p); i++) {
        CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_candidate(p, i, &next));
        CHECK(next.score <= first.score && strlen(next.code) == 6);
        first = next;
    }
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_prediction_candidate(p, 5, &next));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_decision(p, &decision));
    CHECK(decision.kind == HSCODE_DECISION_ACCEPT || decision.kind == HSCODE_DECISION_BACK_OFF);
    CHECK((decision.kind == HSCODE_DECISION_ACCEPT) == (decision.reason == HSCODE_REASON_NONE));
    CHECK(strncmp(decision.code, "610910", strlen(decision.code)) == 0 && decision.code[0] != '\0');
    CHECK(hscode_prediction_score(p) > 0.0f);
    CHECK(hscode_prediction_level(p) == HSCODE_LEVEL_SUBHEADING);
    CHECK(hscode_prediction_truncated(p) == 0);
    CHECK(strlen(hscode_prediction_classifier(p)) > 0);
    CHECK(strchr(hscode_prediction_model(p), '@') != NULL);
    CHECK_TEXT("HS2022", hscode_prediction_edition(p));
    CHECK(hscode_prediction_set_len(p) == 0);
    CHECK(hscode_prediction_token_len(p) == 0 && hscode_prediction_evidence_len(p) == 0);
    CHECK(hscode_prediction_path_len(p) == 0 && hscode_prediction_path_title(p, 0) == NULL);
    hscode_prediction_free(p);
}

static void options(const hscode_classifier *classifier) {
    hscode_error *err = NULL;
    hscode_prediction *p = NULL;
    hscode_options o = HSCODE_OPTIONS_INIT;
    hscode_options set;
    hscode_code code;
    hscode_candidate candidate;
    hscode_token token;
    hscode_evidence evidence;
    size_t i;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_options_init(&set, sizeof set, &err));
    CHECK(memcmp(&o, &set, sizeof o) == 0);
    o.top_k = 3;
    o.level = HSCODE_LEVEL_HEADING;
    strcpy(o.within, "61");
    o.explain = 1;
    o.coverage = 0.9f;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, bytes(TEE), strlen(TEE), &o, &p, &err));
    CHECK(hscode_prediction_len(p) == 3);
    CHECK(hscode_prediction_level(p) == HSCODE_LEVEL_HEADING);
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_candidate(p, i, &candidate));
        CHECK(strlen(candidate.code) == 4 && strncmp(candidate.code, "61", 2) == 0);
    }
    CHECK(hscode_prediction_set_len(p) > 0);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_set_code(p, 0, &code));
    CHECK(strncmp(code.digits, "61", 2) == 0);
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_prediction_set_code(p, hscode_prediction_set_len(p), &code));
    CHECK(hscode_prediction_token_len(p) > 0);
    for (i = 0; i < hscode_prediction_token_len(p); i++) {
        CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_token(p, i, &token));
        CHECK(strlen(token.text) > 0 && token.start < token.end && token.end <= strlen(TEE));
    }
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_prediction_token(p, i, &token));
    for (i = 0; i < hscode_prediction_evidence_len(p); i++) {
        CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_evidence(p, i, &evidence));
        CHECK(strlen(evidence.text) > 0 && strlen(evidence.source) > 0 && strlen(evidence.code) >= 4);
        CHECK(evidence.similarity >= 0.0f && evidence.similarity <= 1.0f);
    }
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_prediction_evidence(p, i, &evidence));
    CHECK(hscode_prediction_path_len(p) >= 2);
    CHECK(strlen(hscode_prediction_path_title(p, 0)) > 0);
    CHECK(hscode_prediction_path_title(p, 99) == NULL);
    hscode_prediction_free(p);

    /* Wrong ones are refused, and say why. */
    o.struct_size = 3;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, bytes(TEE), 5, &o, &p, &err));
    CHECK(strstr(hscode_error_message(err), "struct_size 3") != NULL);
    CHECK(hscode_error_status(err) == HSCODE_STATUS_INVALID_INPUT);
    hscode_error_free(err);
    o = set;
    o.top_k = 1000000;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, bytes(TEE), 5, &o, &p, NULL));
    o = set;
    o.level = HSCODE_LEVEL_TARIFF_LINE;
    CHECK_STATUS(HSCODE_STATUS_UNSUPPORTED, hscode_classify(classifier, bytes(TEE), 5, &o, &p, NULL));
    o.level = 5;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, bytes(TEE), 5, &o, &p, NULL));
    o = set;
    strcpy(o.within, "00");
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, bytes(TEE), 5, &o, &p, NULL));
    o = set;
    o.coverage = -1.0f;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, bytes(TEE), 5, &o, &p, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_options_init(&o, 7, NULL));
    CHECK_STATUS(HSCODE_STATUS_UNSUPPORTED, hscode_options_init(&o, sizeof o + 8, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_options_init(NULL, sizeof o, NULL));
}

static void odd_texts(const hscode_classifier *classifier) {
    hscode_prediction *p = NULL;
    hscode_prediction *untouched = NULL;
    hscode_error *err = NULL;
    hscode_decision decision;
    char *longest = malloc(100000);
    const uint8_t latin1[] = {'c', 'a', 'f', 0xE9};
    CHECK(longest != NULL);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, NULL, 0, NULL, &p, &err));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_decision(p, &decision));
    CHECK(decision.kind == HSCODE_DECISION_ABSTAIN && decision.reason == HSCODE_REASON_NO_WORDS);
    CHECK(decision.code[0] == '\0' && hscode_prediction_score(p) == 0.0f);
    hscode_prediction_free(p);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, bytes("tea\0pot"), 7, NULL, &p, &err));
    hscode_prediction_free(p);
    memset(longest, 'a', 100000);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, bytes(longest), 100000, NULL, &p, &err));
    CHECK(hscode_prediction_truncated(p) == 1);
    hscode_prediction_free(p);
    free(longest);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(classifier, latin1, 4, NULL, &untouched, &err));
    CHECK(untouched == NULL);
    CHECK(strstr(hscode_error_message(err), "0xE9 at 3 of 4") != NULL);
    hscode_error_free(err);
    err = NULL;
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classify(classifier, NULL, 4, NULL, &untouched, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT,
                 hscode_classify(classifier, latin1, (size_t)-1, NULL, &untouched, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classify(NULL, latin1, 3, NULL, &untouched, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classify(classifier, latin1, 3, NULL, NULL, NULL));
    CHECK(untouched == NULL);
}

static void batches(const hscode_classifier *classifier) {
    hscode_str texts[4];
    hscode_predictions *all = NULL;
    const hscode_prediction *one = NULL;
    hscode_error *err = NULL;
    hscode_prediction *alone = NULL;
    hscode_candidate a, b;
    hscode_row rows[4];
    hscode_candidate candidates[8];
    size_t i;
    texts[0] = str(TEE);
    texts[1] = str("gift");
    texts[2] = str("roasted coffee beans");
    texts[3].utf8 = bytes("\xFF\xFE");
    texts[3].len = 2;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify_batch(classifier, texts, 4, NULL, &all, &err));
    CHECK(strstr(hscode_error_message(err), "texts[3]") != NULL && all == NULL);
    hscode_error_free(err);
    err = NULL;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_batch(classifier, texts, 3, NULL, &all, &err));
    CHECK(hscode_predictions_len(all) == 3);
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(HSCODE_STATUS_OK, hscode_predictions_get(all, i, &one, &err));
        CHECK_STATUS(HSCODE_STATUS_OK,
                     hscode_classify(classifier, texts[i].utf8, texts[i].len, NULL, &alone, &err));
        CHECK(hscode_prediction_len(one) == hscode_prediction_len(alone));
        if (hscode_prediction_len(one) > 0) {
            CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_candidate(one, 0, &a));
            CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_candidate(alone, 0, &b));
            CHECK(memcmp(&a, &b, sizeof a) == 0);
        }
        hscode_prediction_free(alone);
        hscode_prediction_free((hscode_prediction *)one); /* belongs to the batch: left alone */
        CHECK(hscode_prediction_level(one) == HSCODE_LEVEL_SUBHEADING);
    }
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_predictions_get(all, 3, &one, NULL));
    hscode_predictions_free(all);
    hscode_predictions_free(all); /* twice: left alone */
    CHECK(hscode_predictions_len(all) == 0);
    all = NULL;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_batch(classifier, NULL, 0, NULL, &all, &err));
    CHECK(hscode_predictions_len(all) == 0);
    hscode_predictions_free(all);
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classify_batch(classifier, NULL, 2, NULL, &all, NULL));
    if (sizeof(size_t) == 8) {
        /* More than any machine has: refused before a text is read. */
        CHECK_STATUS(HSCODE_STATUS_NO_MEMORY,
                     hscode_classify_batch(classifier, texts, (size_t)1 << (sizeof(size_t) * 5 + 5), NULL, &all, NULL));
    }
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT,
                 hscode_classify_batch(classifier, texts, ((size_t)-1) / 4, NULL, &all, NULL));

    /* Into arrays: the bad text has its status, the others their answers. */
    memset(rows, 0x55, sizeof rows);
    memset(candidates, 0x55, sizeof candidates);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_rows(classifier, texts, 4, NULL, rows, candidates, 2, &err));
    CHECK(rows[0].status == HSCODE_STATUS_OK && strncmp(rows[0].code, "6109", 4) == 0 && rows[0].score > 0.0f);
    CHECK_TEXT("610910", candidates[0].code);
    CHECK(candidates[0].score >= candidates[1].score);
    CHECK(rows[1].status == HSCODE_STATUS_OK && rows[1].kind == HSCODE_DECISION_ABSTAIN);
    CHECK(rows[1].reason == HSCODE_REASON_VAGUE && rows[1].code[0] == '\0');
    CHECK(strncmp(candidates[4].code, "0901", 4) == 0);
    CHECK(rows[3].status == HSCODE_STATUS_INVALID_INPUT && rows[3].kind == 0 && rows[3].code[15] == '\0');
    CHECK(candidates[6].code[0] == '\0' && candidates[7].score == 0.0f);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_rows(classifier, texts, 3, NULL, rows, NULL, 0, &err));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT,
                 hscode_classify_rows(classifier, texts, 3, NULL, NULL, NULL, 0, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT,
                 hscode_classify_rows(classifier, texts, 3, NULL, rows, NULL, 1, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT,
                 hscode_classify_rows(classifier, texts, 3, NULL, rows, candidates, (size_t)-1, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_rows(classifier, NULL, 0, NULL, NULL, NULL, 0, NULL));
}

static void flat(void) {
    /* A record without alignment, as COBOL lays it out. */
    char record[80 + 1 + 16 + 4 + 4];
    char code[16];
    float score = -1.0f;
    int32_t verdict = -1;
    int32_t reason = -1;
    memset(record, ' ', sizeof record);
    memcpy(record, TEE, strlen(TEE));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_simple(record, 80, record + 81, (float *)(void *)(record + 97)));
    CHECK(strncmp(record + 81, "6109", 4) == 0 && record[96] == '\0');
    memcpy(&score, record + 97, 4);
    CHECK(score > 0.0f && score <= 1.0f);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify_simple("gift", 4, code, NULL));
    CHECK(code[0] == '\0' && code[15] == '\0');
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classify_simple("gift", 4, NULL, &score));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify_simple("\xE9t\xE9", 3, code, &score));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_check_simple("gift      ", 10, &verdict, &reason));
    CHECK(verdict == HSCODE_VERDICT_REFUSE && reason == HSCODE_FINDING_PURPOSE_ONLY);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_check_simple(TEE, strlen(TEE), &verdict, &reason));
    CHECK(verdict == HSCODE_VERDICT_ACCEPTABLE && reason == 0);
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_check_simple(TEE, 3, NULL, NULL));
}

static void tables(void) {
    hscode_nomenclature *n = NULL;
    hscode_error *err = NULL;
    const char *title = NULL;
    hscode_code codes[8];
    hscode_code parent;
    hscode_target targets[4];
    hscode_candidate hits[3];
    size_t count = 0;
    int32_t there = -1;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_embedded("HS2022", &n, &err));
    CHECK_TEXT("HS2022", hscode_nomenclature_edition(n));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_contains(n, "6109.10", &there, &err));
    CHECK(there == 1);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_contains(n, "851712          ", &there, &err));
    CHECK(there == 0);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_title(n, "610910", &title, &err));
    CHECK(strlen(title) > 5);
    CHECK_STATUS(HSCODE_STATUS_UNKNOWN_CODE, hscode_nomenclature_title(n, "851712", &title, &err));
    CHECK(strstr(hscode_error_message(err), "HS2017") != NULL);
    hscode_error_free(err);
    err = NULL;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_parent(n, "610910", &parent, &err));
    CHECK_TEXT("6109", parent.digits);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_parent(n, "61", &parent, &err));
    CHECK_TEXT("", parent.digits);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_children(n, "6109", codes, 8, &count, &err));
    CHECK(count == 2);
    CHECK_TEXT("610910", codes[0].digits);
    CHECK_TEXT("610990", codes[1].digits);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_codes(n, HSCODE_LEVEL_CHAPTER, NULL, 0, &count, &err));
    CHECK(count == 96);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_codes(n, HSCODE_LEVEL_CHAPTER, codes, 2, &count, &err));
    CHECK(count == 96);
    CHECK_TEXT("02", codes[1].digits);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_search(n, bytes("table lamp"), 10, hits, 3, &count, &err));
    CHECK(count >= 1 && count <= 3);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_nomenclature_codes(n, 3, codes, 2, &count, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_nomenclature_contains(n, "61091", &there, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT,
                 hscode_nomenclature_contains(n, "never ending text without a NUL", &there, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_nomenclature_contains(n, NULL, &there, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_nomenclature_children(n, "61", NULL, 3, &count, NULL));
    hscode_nomenclature_free(n);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_nomenclature_contains(n, "6109", &there, NULL));
    CHECK_STATUS(HSCODE_STATUS_EDITION_MISMATCH, hscode_nomenclature_embedded("HS2021", &n, NULL));
    CHECK_STATUS(HSCODE_STATUS_UNSUPPORTED, hscode_nomenclature_embedded("US-HTS@2025-01-01", &n, NULL));
    CHECK_STATUS(HSCODE_STATUS_IO, hscode_nomenclature_open("no such file.csv", "HS2022", &n, NULL));

    CHECK_STATUS(HSCODE_STATUS_OK, hscode_convert("851712", "HS2017", "HS2022", targets, 4, &count, &err));
    CHECK(count >= 2);
    CHECK_TEXT("851713", targets[0].code);
    CHECK(targets[0].change == HSCODE_CHANGE_SPLIT && targets[0].link == HSCODE_LINK_LISTED);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_convert("8517.12", "hs2017", "HS2022", NULL, 0, &count, &err));
    CHECK(count >= 2);
    CHECK_STATUS(HSCODE_STATUS_UNKNOWN_CODE, hscode_convert("851713", "HS2017", "HS2022", NULL, 0, &count, NULL));
    CHECK_STATUS(HSCODE_STATUS_EDITION_MISMATCH, hscode_convert("8517", "HS1066", "HS2022", NULL, 0, &count, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_convert("8517", "HS2017", "HS2022", NULL, 0, NULL, NULL));

    CHECK_STATUS(HSCODE_STATUS_OK, hscode_code_parse(bytes(" 0101.21 "), 9, &parent, &err));
    CHECK_TEXT("010121", parent.digits);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_code_parse(bytes("10121"), 5, &parent, &err));
    CHECK(strstr(hscode_error_message(err), "010121") != NULL);
    hscode_error_free(err);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_code_dotted("6109100012", &parent, NULL));
    CHECK_TEXT("6109.10.00.12", parent.digits);
}

static void checks(void) {
    hscode_findings *f = NULL;
    hscode_finding finding;
    hscode_string *s = NULL;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_check(bytes("GIFTS!"), 6, &f, NULL));
    CHECK(hscode_findings_verdict(f) == HSCODE_VERDICT_REFUSE && hscode_findings_len(f) == 1);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_findings_get(f, 0, &finding));
    CHECK(finding.reason == HSCODE_FINDING_PURPOSE_ONLY && finding.verdict == HSCODE_VERDICT_REFUSE);
    CHECK(finding.start == 0 && finding.end == 5);
    CHECK_TEXT("gifts", finding.term);
    CHECK(strlen(finding.advice) > 20);
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_findings_get(f, 1, &finding));
    hscode_findings_free(f);
    CHECK(hscode_findings_verdict(f) == HSCODE_VERDICT_REFUSE && hscode_findings_len(f) == 0);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_description_normalise(bytes("MEN&#39;S  T-SHIRT"), 18, &s, NULL));
    CHECK_TEXT("men's t-shirt", hscode_string_data(s));
    CHECK(hscode_string_len(s) == strlen("men's t-shirt"));
    hscode_string_free(s);
    CHECK_TEXT("", hscode_string_data(s));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_description_canonical(bytes("MEN&#39;S  T-SHIRT"), 18, &s, NULL));
    CHECK_TEXT("mens tshirt", hscode_string_data(s));
    hscode_string_free(s);
}

static void json(const hscode_classifier *classifier) {
    hscode_prediction *p = NULL;
    hscode_string *line = NULL;
    hscode_nomenclature *n = NULL;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, bytes(TEE), strlen(TEE), NULL, &p, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_json(p, 7, bytes(TEE), strlen(TEE), NULL, &line, NULL));
    CHECK(strncmp(hscode_string_data(line), "{\"index\":7,\"description\":\"mens cotton", 35) == 0);
    CHECK(strstr(hscode_string_data(line), "\"code\":\"610910\"") != NULL);
    hscode_string_free(line);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_embedded("HS2017", &n, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_json(p, 0, bytes(TEE), 4, n, &line, NULL));
    CHECK(strstr(hscode_string_data(line), "\"title\":null") != NULL);
    hscode_string_free(line);
    hscode_nomenclature_free(n);
    hscode_prediction_free(p);
}

typedef struct {
    int calls;
    int freed;
    int fails;
    int wrong_code;
    hscode_answers *kept;
    const hscode_classifier *itself;
} rules;

static int32_t classify_by_rules(void *user, const hscode_str *texts, size_t n, const hscode_options *options,
                                 hscode_answers *answers) {
    rules *r = (rules *)user;
    hscode_error *err = NULL;
    size_t i;
    r->calls++;
    r->kept = answers;
    if (r->fails) {
        return r->fails;
    }
    if (options->struct_size != sizeof *options) {
        return 90;
    }
    if (r->itself != NULL) {
        hscode_prediction *p = NULL;
        hscode_status status = hscode_classify(r->itself, bytes("x"), 1, NULL, &p, NULL);
        if (status != HSCODE_STATUS_INFERENCE) {
            return 91;
        }
    }
    for (i = 0; i < n; i++) {
        if (texts[i].len == 10 && memcmp(texts[i].utf8, "house tee ", 10) == 0) {
            hscode_status status = hscode_answers_add(answers, i, r->wrong_code ? "999999" : "6109.10", 0.95f, &err);
            if (status != HSCODE_STATUS_OK) {
                hscode_error_free(err);
                return 92;
            }
        }
    }
    if (hscode_answers_add(answers, n, "610910", 0.5f, NULL) != HSCODE_STATUS_OUT_OF_RANGE ||
        hscode_answers_add(answers, 0, "610910", 1.5f, NULL) != HSCODE_STATUS_INVALID_INPUT ||
        hscode_answers_add(answers, 0, NULL, 0.5f, NULL) != HSCODE_STATUS_NULL_ARGUMENT) {
        return 93;
    }
    return 0;
}

static void free_rules(void *user) { ((rules *)user)->freed++; }

static void callbacks(const hscode_classifier *embedded) {
    rules r;
    hscode_callback callback = HSCODE_CALLBACK_INIT;
    hscode_classifier *own = NULL;
    hscode_classifier *both = NULL;
    const hscode_classifier *stages[2];
    hscode_prediction *p = NULL;
    hscode_error *err = NULL;
    hscode_decision decision;
    hscode_passed passed;
    memset(&r, 0, sizeof r);
    callback.name = "house-rules";
    callback.model = "rules@7";
    callback.edition = "HS2022";
    callback.level = HSCODE_LEVEL_SUBHEADING;
    callback.serial = 1;
    callback.chapter_threshold = 0.8f;
    callback.heading_threshold = 0.8f;
    callback.subheading_threshold = 0.8f;
    callback.user = &r;
    callback.user_free = free_rules;
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classifier_from_callback(&callback, &own, NULL));
    callback.classify = classify_by_rules;
    callback.subheading_threshold = 1.5f;
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classifier_from_callback(&callback, &own, NULL));
    callback.subheading_threshold = 0.8f;
    CHECK(r.freed == 0);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_from_callback(&callback, &own, &err));
    CHECK_TEXT("house-rules", hscode_classifier_name(own));
    CHECK_TEXT("rules@7", hscode_classifier_model(own));
    CHECK(hscode_classifier_classes(own) > 5000 && hscode_classifier_level(own) == 6);

    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(own, bytes("house tee "), 10, NULL, &p, &err));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_decision(p, &decision));
    CHECK_TEXT("610910", decision.code);
    CHECK(decision.kind == HSCODE_DECISION_ACCEPT && hscode_prediction_score(p) == 0.95f);
    hscode_prediction_free(p);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_answers_add(r.kept, 0, "610910", 0.5f, NULL));

    stages[0] = own;
    stages[1] = embedded;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_cascade("shop", stages, 2, &both, &err));
    hscode_classifier_free(own); /* the cascade shares it */
    CHECK(r.freed == 0);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(both, bytes("house tee "), 10, NULL, &p, &err));
    CHECK_TEXT("house-rules", hscode_prediction_classifier(p));
    CHECK(hscode_prediction_passed_len(p) == 0);
    hscode_prediction_free(p);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(both, bytes("roasted coffee beans"), 20, NULL, &p, &err));
    CHECK(strcmp("house-rules", hscode_prediction_classifier(p)) != 0);
    CHECK(hscode_prediction_passed_len(p) >= 1);
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_passed(p, 0, &passed));
    CHECK_TEXT("house-rules", passed.classifier);
    CHECK(passed.reason == HSCODE_REASON_NO_EVIDENCE && passed.failure == NULL);
    CHECK_STATUS(HSCODE_STATUS_OUT_OF_RANGE, hscode_prediction_passed(p, 99, &passed));
    hscode_prediction_free(p);
    r.fails = 42;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(both, bytes("roasted coffee beans"), 20, NULL, &p, &err));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_prediction_passed(p, 0, &passed));
    CHECK(passed.reason == 0 && strstr(passed.failure, "returned 42") != NULL);
    hscode_prediction_free(p);
    hscode_classifier_free(both);
    CHECK(r.freed == 1);

    /* Alone, its failures are errors; a serial one that calls itself is told, not hung. */
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_from_callback(&callback, &own, &err));
    CHECK_STATUS(HSCODE_STATUS_INFERENCE, hscode_classify(own, bytes("x"), 1, NULL, &p, &err));
    CHECK(strstr(hscode_error_message(err), "returned 42") != NULL);
    hscode_error_free(err);
    err = NULL;
    r.fails = 0;
    r.wrong_code = 1;
    CHECK_STATUS(HSCODE_STATUS_INFERENCE, hscode_classify(own, bytes("house tee "), 10, NULL, &p, NULL));
    r.wrong_code = 0;
    r.itself = own;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(own, bytes("house tee "), 10, NULL, &p, &err));
    hscode_prediction_free(p);
    hscode_classifier_free(own);
    CHECK(r.freed == 2);

    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classifier_cascade("none", stages, 0, &both, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classifier_cascade("none", NULL, 1, &both, NULL));
    stages[0] = own; /* freed */
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classifier_cascade("freed", stages, 2, &both, NULL));
}

static void handles(hscode_classifier *classifier, const char *package) {
    hscode_classifier *opened = NULL;
    hscode_prediction *p = NULL;
    hscode_error *err = NULL;
    hscode_candidate candidate;
    char missing[4096];
    /* NULL is no error for the functions that free, and none for those that look. */
    hscode_classifier_free(NULL);
    hscode_prediction_free(NULL);
    hscode_predictions_free(NULL);
    hscode_nomenclature_free(NULL);
    hscode_findings_free(NULL);
    hscode_string_free(NULL);
    hscode_error_free(NULL);
    CHECK(hscode_prediction_len(NULL) == 0 && hscode_classifier_name(NULL) == NULL);
    CHECK_TEXT("", hscode_error_message(NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_prediction_candidate(NULL, 0, &candidate));

    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_open(package, &opened, &err));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(opened, bytes(TEE), strlen(TEE), NULL, &p, &err));
    CHECK(strlen(hscode_classifier_edition(opened)) == 6);
    /* One kind for another. */
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT,
                 hscode_classify((const hscode_classifier *)(const void *)p, bytes(TEE), 4, NULL, &p, NULL));
    hscode_prediction_free((hscode_prediction *)(void *)classifier);
    CHECK(hscode_classifier_name(classifier) != NULL);
    /* Twice. */
    hscode_prediction_free(p);
    hscode_prediction_free(p);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_prediction_candidate(p, 0, &candidate));
    hscode_classifier_free(opened);
    hscode_classifier_free(opened);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classify(opened, bytes(TEE), 4, NULL, &p, &err));
    CHECK(strstr(hscode_error_message(err), "was freed") != NULL);
    hscode_error_free(err);
    hscode_error_free(err);
    err = NULL;

    sprintf(missing, "%.4000s/nothing here", package);
    CHECK_STATUS(HSCODE_STATUS_PACKAGE, hscode_classifier_open(missing, &opened, &err));
    CHECK(strstr(hscode_error_message(err), "nothing here") != NULL);
    hscode_error_free(err);
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classifier_open("", &opened, NULL));
    CHECK_STATUS(HSCODE_STATUS_INVALID_INPUT, hscode_classifier_open("\xFF", &opened, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classifier_open(NULL, &opened, NULL));
    CHECK_STATUS(HSCODE_STATUS_NULL_ARGUMENT, hscode_classifier_embedded(NULL, NULL));
}

int main(int argc, char **argv) {
    hscode_classifier *classifier = NULL;
    hscode_error *err = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: surface PACKAGE\n");
        return 2;
    }
    versions();
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_embedded(&classifier, &err));
    CHECK_TEXT("HS2022", hscode_classifier_edition(classifier));
    classifies(classifier);
    options(classifier);
    odd_texts(classifier);
    batches(classifier);
    flat();
    tables();
    checks();
    json(classifier);
    callbacks(classifier);
    handles(classifier, argv[1]);
    hscode_classifier_free(classifier);
    printf("surface: %d checks passed\n", checks_done);
    return 0;
}
