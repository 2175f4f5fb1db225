/* Eight threads on one classifier, one prediction and one nomenclature: every answer as from one thread alone. */
#include <hscode.h>
#include <pthread.h>

#include "check.h"

#define THREADS 8
#define ROUNDS 25
#define TEXTS 6

static const char *texts[TEXTS] = {
    "mens cotton crew neck tee", "roasted coffee beans",        "stainless steel kitchen knife",
    "gift",                      "lithium ion battery for phone", "wooden dining table with four chairs",
};

typedef struct {
    const hscode_classifier *classifier;
    const hscode_prediction *shared;
    const hscode_nomenclature *nomenclature;
    char *expected[TEXTS];
    int number;
    pthread_barrier_t *start;
} work;

static char *json_of(const hscode_classifier *classifier, const char *text) {
    hscode_options options = HSCODE_OPTIONS_INIT;
    hscode_prediction *p = NULL;
    hscode_string *line = NULL;
    char *copy;
    options.explain = 1;
    options.coverage = 0.9f;
    CHECK_STATUS(HSCODE_STATUS_OK,
                 hscode_classify(classifier, (const uint8_t *)text, strlen(text), &options, &p, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK,
                 hscode_prediction_json(p, 0, (const uint8_t *)text, strlen(text), NULL, &line, NULL));
    copy = malloc(hscode_string_len(line) + 1);
    CHECK(copy != NULL);
    strcpy(copy, hscode_string_data(line));
    hscode_string_free(line);
    hscode_prediction_free(p);
    return copy;
}

static void *run(void *argument) {
    work *w = (work *)argument;
    int round;
    pthread_barrier_wait(w->start);
    for (round = 0; round < ROUNDS; round++) {
        int i = (w->number + round) % TEXTS;
        char *seen = json_of(w->classifier, texts[i]);
        const char *title = NULL;
        hscode_row row;
        hscode_str text;
        hscode_token token;
        hscode_error *err = NULL;
        hscode_prediction *none = NULL;
        if (strcmp(seen, w->expected[i]) != 0) {
            fprintf(stderr, "thread %d, round %d: another answer:\n%s\n%s\n", w->number, round, seen, w->expected[i]);
            exit(1);
        }
        free(seen);
        text.utf8 = (const uint8_t *)texts[i];
        text.len = strlen(texts[i]);
        if (hscode_classify_rows(w->classifier, &text, 1, NULL, &row, NULL, 0, NULL) != HSCODE_STATUS_OK ||
            row.status != HSCODE_STATUS_OK || strlen(hscode_prediction_model(w->shared)) == 0 ||
            hscode_prediction_token(w->shared, 0, &token) != HSCODE_STATUS_OK || strcmp(token.text, "mens") != 0 ||
            hscode_nomenclature_title(w->nomenclature, "6109", &title, NULL) != HSCODE_STATUS_OK || title == NULL ||
            hscode_classify(w->classifier, (const uint8_t *)"\xFF", 1, NULL, &none, &err) !=
                HSCODE_STATUS_INVALID_INPUT) {
            fprintf(stderr, "thread %d, round %d failed\n", w->number, round);
            exit(1);
        }
        hscode_error_free(err);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    work works[THREADS];
    hscode_classifier *classifier = NULL;
    hscode_prediction *shared = NULL;
    hscode_nomenclature *nomenclature = NULL;
    hscode_options options = HSCODE_OPTIONS_INIT;
    int i, t;
    options.explain = 1;
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classifier_embedded(&classifier, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_nomenclature_embedded("HS2022", &nomenclature, NULL));
    CHECK_STATUS(HSCODE_STATUS_OK, hscode_classify(classifier, (const uint8_t *)texts[0], strlen(texts[0]), &options,
                                                   &shared, NULL));
    CHECK(pthread_barrier_init(&start, NULL, THREADS) == 0);
    for (i = 0; i < TEXTS; i++) {
        works[0].expected[i] = json_of(classifier, texts[i]);
    }
    for (t = 0; t < THREADS; t++) {
        memcpy(works[t].expected, works[0].expected, sizeof works[0].expected);
        works[t].classifier = classifier;
        works[t].shared = shared;
        works[t].nomenclature = nomenclature;
        works[t].number = t;
        works[t].start = &start;
        CHECK(pthread_create(&threads[t], NULL, run, &works[t]) == 0);
    }
    for (t = 0; t < THREADS; t++) {
        CHECK(pthread_join(threads[t], NULL) == 0);
    }
    for (i = 0; i < TEXTS; i++) {
        free(works[0].expected[i]);
    }
    pthread_barrier_destroy(&start);
    hscode_prediction_free(shared);
    hscode_nomenclature_free(nomenclature);
    hscode_classifier_free(classifier);
    printf("threads: %d threads, %d rounds each, all answers alike\n", THREADS, ROUNDS);
    return 0;
}
