/* What the test programs share: a check that says where it failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static __thread int checks_done = 0;

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        checks_done++;                                                                      \
        if (!(condition)) {                                                                 \
            fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);        \
            exit(1);                                                                        \
        }                                                                                   \
    } while (0)

#define CHECK_STATUS(expected, call)                                                        \
    do {                                                                                    \
        int status_ = (int)(call);                                                          \
        checks_done++;                                                                      \
        if (status_ != (int)(expected)) {                                                   \
            fprintf(stderr, "%s:%d: %s: expected %s, saw %d (%s)\n", __FILE__, __LINE__,    \
                    #call, #expected, status_, hscode_status_name(status_));                \
            exit(1);                                                                        \
        }                                                                                   \
    } while (0)

#define CHECK_TEXT(expected, seen)                                                          \
    do {                                                                                    \
        const char *seen_ = (seen);                                                         \
        checks_done++;                                                                      \
        if (seen_ == NULL || strcmp((expected), seen_) != 0) {                              \
            fprintf(stderr, "%s:%d: %s: expected \"%s\", saw \"%s\"\n", __FILE__, __LINE__, \
                    #seen, (expected), seen_ == NULL ? "(NULL)" : seen_);                   \
            exit(1);                                                                        \
        }                                                                                   \
    } while (0)

#endif
