/* One description: the decision and what to do with it.
 *
 *   cc single.c -o single $(pkg-config --cflags --libs hscode) && ./single "mens cotton crew neck tee"
 */
#include <hscode.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, hscode_error *err) {
    fprintf(stderr, "%s: %s\n", what, hscode_error_message(err));
    hscode_error_free(err);
    return 1;
}

static const char *why(int32_t reason) {
    switch (reason) {
    case HSCODE_REASON_VAGUE: return "the description is too vague";
    case HSCODE_REASON_NO_WORDS: return "there are no words in the description";
    case HSCODE_REASON_NO_EVIDENCE: return "nothing known speaks for any code";
    default: return "no code is sure enough";
    }
}

int main(int argc, char **argv) {
    const char *text = argc > 1 ? argv[1] : "mens cotton crew neck tee";
    hscode_classifier *classifier = NULL;
    hscode_nomenclature *titles = NULL;
    hscode_prediction *prediction = NULL;
    hscode_error *err = NULL;
    hscode_options options = HSCODE_OPTIONS_INIT;
    hscode_decision decision;
    size_t i;

    if (hscode_classifier_embedded(&classifier, &err) != HSCODE_STATUS_OK) {
        return fail("opening", err);
    }
    if (hscode_nomenclature_embedded("HS2022", &titles, &err) != HSCODE_STATUS_OK) {
        return fail("titles", err);
    }
    options.top_k = 3;
    options.explain = 1;
    if (hscode_classify(classifier, (const uint8_t *)text, strlen(text), &options, &prediction, &err) !=
        HSCODE_STATUS_OK) {
        return fail("classifying", err);
    }

    hscode_prediction_decision(prediction, &decision);
    if (decision.kind == HSCODE_DECISION_ACCEPT) {
        printf("declare %s (%.0f%%)\n", decision.code, 100.0 * hscode_prediction_score(prediction));
    } else if (decision.kind == HSCODE_DECISION_BACK_OFF) {
        printf("only %s is sure (%.0f%%): ask for more\n", decision.code,
               100.0 * hscode_prediction_score(prediction));
    } else {
        printf("ask a person: %s\n", why(decision.reason));
    }

    for (i = 0; i < hscode_prediction_len(prediction); i++) {
        hscode_candidate candidate;
        const char *title = NULL;
        hscode_prediction_candidate(prediction, i, &candidate);
        hscode_nomenclature_title(titles, candidate.code, &title, NULL);
        printf("  %s  %5.1f%%  %s\n", candidate.code, 100.0 * candidate.score, title == NULL ? "" : title);
    }
    for (i = 0; i < hscode_prediction_token_len(prediction); i++) {
        hscode_token token;
        hscode_prediction_token(prediction, i, &token);
        printf("  %-12s %+.2f\n", token.text, token.contribution);
    }

    hscode_prediction_free(prediction);
    hscode_nomenclature_free(titles);
    hscode_classifier_free(classifier);
    return 0;
}
