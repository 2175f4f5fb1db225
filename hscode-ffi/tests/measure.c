/* Cold start and memory of one process: prints wall and processor milliseconds from main to the first answer, those
 * of the median warm answer, and the resident memory before opening, after the first answer, and at the end. measure.sh runs it many times. */
#include <hscode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM 2001

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long resident_kib(const char *field) {
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) {
        return kib;
    }
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0) {
            kib = strtol(line + strlen(field), NULL, 10);
        }
    }
    fclose(status);
    return kib;
}

int main(void) {
    static const char *texts[] = {"mens cotton crew neck tee", "roasted coffee beans in bags of 1 kg",
                                  "lithium ion battery for mobile phones", "wooden dining table"};
    static const char *unsure[] = {"grommet", "spare item for assembly line", "assorted holders", "fitting 40 mm"};
    static double warm[WARM];
    hscode_classifier *classifier = NULL;
    hscode_prediction *p = NULL;
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID), from;
    long before = resident_kib("VmRSS:"), opened;
    int i;
    if (hscode_classifier_embedded(&classifier, NULL) != HSCODE_STATUS_OK ||
        hscode_classify(classifier, (const uint8_t *)texts[0], strlen(texts[0]), NULL, &p, NULL) != HSCODE_STATUS_OK) {
        return 1;
    }
    wall = now(CLOCK_MONOTONIC) - wall;
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    opened = resident_kib("VmRSS:");
    hscode_prediction_free(p);
    for (i = 0; i < WARM; i++) {
        const char *text = texts[i % 4];
        from = now(CLOCK_PROCESS_CPUTIME_ID);
        if (hscode_classify(classifier, (const uint8_t *)text, strlen(text), NULL, &p, NULL) != HSCODE_STATUS_OK) {
            return 1;
        }
        warm[i] = now(CLOCK_PROCESS_CPUTIME_ID) - from;
        hscode_prediction_free(p);
    }
    /* What the model is not sure of: where it has references beside the network, they are opened by the first. */
    for (i = 0; i < 4; i++) {
        const char *text = unsure[i];
        if (hscode_classify(classifier, (const uint8_t *)text, strlen(text), NULL, &p, NULL) != HSCODE_STATUS_OK) {
            return 1;
        }
        hscode_prediction_free(p);
    }
    qsort(warm, WARM, sizeof warm[0], by_value);
    printf("%.2f %.2f %.4f %ld %ld %ld %ld\n", wall, cpu, warm[WARM / 2], before, opened, resident_kib("VmRSS:"),
           resident_kib("VmHWM:"));
    hscode_classifier_free(classifier);
    return 0;
}
