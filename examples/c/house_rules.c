/* A broker's own rules before the embedded model: a callback and a cascade.
 *
 *   cc house_rules.c -o house_rules $(pkg-config --cflags --libs hscode) && ./house_rules
 */
#include <hscode.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *word;
    const char *code;
} rule;

/* What this house has settled with customs. */
static const rule rules[] = {
    {"ACME-77", "847130"},
    {"ACME-90", "852852"},
};

static int has(const hscode_str *text, const char *word) {
    size_t n = strlen(word), at;
    for (at = 0; at + n <= text->len; at++) {
        if (memcmp(text->utf8 + at, word, n) == 0) {
            return 1;
        }
    }
    return 0;
}

static int32_t by_rules(void *user, const hscode_str *texts, size_t n, const hscode_options *options,
                        hscode_answers *answers) {
    size_t i, r;
    (void)user;
    (void)options;
    for (i = 0; i < n; i++) {
        for (r = 0; r < sizeof rules / sizeof rules[0]; r++) {
            if (has(&texts[i], rules[r].word)) {
                if (hscode_answers_add(answers, i, rules[r].code, 1.0f, NULL) != HSCODE_STATUS_OK) {
                    return 1;
                }
                break;
            }
        }
    }
    return 0;
}

int main(void) {
    static const char *goods[] = {"notebook ACME-77, 14 inch", "roasted coffee beans"};
    hscode_callback callback = HSCODE_CALLBACK_INIT;
    hscode_classifier *own = NULL, *embedded = NULL, *both = NULL;
    const hscode_classifier *stages[2];
    hscode_error *err = NULL;
    size_t i;

    callback.name = "house-rules";
    callback.model = "rules@7";
    callback.edition = "HS2022";
    callback.level = HSCODE_LEVEL_SUBHEADING;
    callback.chapter_threshold = callback.heading_threshold = callback.subheading_threshold = 0.9f;
    callback.classify = by_rules;

    if (hscode_classifier_from_callback(&callback, &own, &err) == HSCODE_STATUS_OK &&
        hscode_classifier_embedded(&embedded, &err) == HSCODE_STATUS_OK) {
        stages[0] = own;
        stages[1] = embedded;
        hscode_classifier_cascade("house", stages, 2, &both, &err);
    }
    /* The cascade shares them. */
    hscode_classifier_free(own);
    hscode_classifier_free(embedded);
    if (both == NULL) {
        fprintf(stderr, "%s\n", hscode_error_message(err));
        hscode_error_free(err);
        return 1;
    }
    for (i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        hscode_prediction *p = NULL;
        hscode_candidate best;
        if (hscode_classify(both, (const uint8_t *)goods[i], strlen(goods[i]), NULL, &p, NULL) == HSCODE_STATUS_OK &&
            hscode_prediction_candidate(p, 0, &best) == HSCODE_STATUS_OK) {
            printf("%s: %s by %s\n", goods[i], best.code, hscode_prediction_classifier(p));
        }
        hscode_prediction_free(p);
    }
    hscode_classifier_free(both);
    return 0;
}
