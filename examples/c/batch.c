/* Many descriptions into arrays of our own: nothing to free, a bad text spoils no other.
 *
 *   cc batch.c -o batch $(pkg-config --cflags --libs hscode) && ./batch
 */
#include <hscode.h>
#include <stdio.h>
#include <string.h>

#define COUNT 5
#define EACH 2

int main(void) {
    static const char *goods[COUNT] = {
        "roasted coffee beans in bags of 1 kg",
        "gift",
        "stainless steel kitchen knife with plastic handle",
        "caf\xE9 au lait", /* Latin-1: not what the library reads */
        "lithium ion battery for mobile phones",
    };
    hscode_classifier *classifier = NULL;
    hscode_error *err = NULL;
    hscode_str texts[COUNT];
    hscode_row rows[COUNT];
    hscode_candidate candidates[COUNT * EACH];
    size_t i;

    if (hscode_classifier_embedded(&classifier, &err) != HSCODE_STATUS_OK) {
        fprintf(stderr, "opening: %s\n", hscode_error_message(err));
        hscode_error_free(err);
        return 1;
    }
    for (i = 0; i < COUNT; i++) {
        texts[i].utf8 = (const uint8_t *)goods[i];
        texts[i].len = strlen(goods[i]);
    }
    if (hscode_classify_rows(classifier, texts, COUNT, NULL, rows, candidates, EACH, &err) != HSCODE_STATUS_OK) {
        fprintf(stderr, "classifying: %s\n", hscode_error_message(err));
        hscode_error_free(err);
        hscode_classifier_free(classifier);
        return 1;
    }
    for (i = 0; i < COUNT; i++) {
        const hscode_candidate *best = &candidates[i * EACH];
        if (rows[i].status != HSCODE_STATUS_OK) {
            printf("%zu  refused: %s\n", i, hscode_status_name(rows[i].status));
        } else if (rows[i].code[0] == '\0') {
            printf("%zu  to a person (best guess: %s)\n", i, best->code[0] == '\0' ? "none" : best->code);
        } else {
            printf("%zu  %-6s %.2f  (%s %.2f, %s %.2f)\n", i, rows[i].code, rows[i].score, best[0].code,
                   best[0].score, best[1].code, best[1].score);
        }
    }
    hscode_classifier_free(classifier);
    return 0;
}
