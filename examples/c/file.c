/* A file of descriptions, one a line, to JSON lines as the `hscode` command writes them.
 *
 *   cc file.c -o file $(pkg-config --cflags --libs hscode) && ./file goods.txt > answers.jsonl
 *
 * Lines are read as they come; a line that cannot be answered is told on standard error, and the next is read.
 */
#include <hscode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a line of any length without its end. Returns 0 at the end of the file, -1 when memory runs out. */
static int read_line(FILE *in, char **line, size_t *room, size_t *len) {
    int c;
    *len = 0;
    while ((c = getc(in)) != EOF && c != '\n') {
        if (*len == *room) {
            size_t more = *room == 0 ? 256 : *room * 2;
            char *grown = realloc(*line, more);
            if (grown == NULL) {
                return -1;
            }
            *line = grown;
            *room = more;
        }
        (*line)[(*len)++] = (char)c;
    }
    if (*len > 0 && (*line)[*len - 1] == '\r') {
        (*len)--;
    }
    return c != EOF || *len > 0;
}

int main(int argc, char **argv) {
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : stdin;
    hscode_classifier *classifier = NULL;
    hscode_error *err = NULL;
    char *line = NULL;
    size_t room = 0, len = 0;
    uint64_t index = 0;
    int more, bad = 0;

    if (in == NULL) {
        perror(argv[1]);
        return 4;
    }
    if (hscode_classifier_embedded(&classifier, &err) != HSCODE_STATUS_OK) {
        fprintf(stderr, "opening: %s\n", hscode_error_message(err));
        hscode_error_free(err);
        return 3;
    }
    while ((more = read_line(in, &line, &room, &len)) > 0) {
        hscode_prediction *prediction = NULL;
        hscode_string *json = NULL;
        const uint8_t *text = (const uint8_t *)line;
        if (hscode_classify(classifier, text, len, NULL, &prediction, &err) == HSCODE_STATUS_OK &&
            hscode_prediction_json(prediction, index, text, len, NULL, &json, &err) == HSCODE_STATUS_OK) {
            puts(hscode_string_data(json));
        } else {
            fprintf(stderr, "line %llu: %s\n", (unsigned long long)index + 1, hscode_error_message(err));
            hscode_error_free(err);
            err = NULL;
            bad = 1;
        }
        hscode_string_free(json);
        hscode_prediction_free(prediction);
        index++;
    }
    free(line);
    if (in != stdin) {
        fclose(in);
    }
    hscode_classifier_free(classifier);
    return more < 0 ? 4 : bad;
}
