/*
 * hscode: HS customs codes from goods descriptions. The C interface.
 *
 * Made by `cargo xtask-c header` from hscode-ffi/src; never edited by hand. The guide is docs/c.md.
 *
 * For all functions:
 * - Texts are UTF-8: a pointer and a length where they may be long, NUL-terminated where they are names or paths.
 * - Outputs are written on success only. Pointers of the caller need no alignment.
 * - `err` may be NULL. A function that fails puts an error there; free it with hscode_error_free. Set your pointer
 *   to NULL before: a function that succeeds leaves it alone.
 * - Handles are opaque. Each is freed once, by the function of its kind; NULL is fine. A handle of another kind is
 *   an error (INVALID_INPUT, or NULL or 0 where a function returns a value), and so is a freed one while fewer than
 *   256 other handles were freed since. What was freed longer ago, or never was a handle, cannot be told.
 * - A const handle may be used by many threads at once. A handle is freed when no thread uses it any more.
 * - A fault inside the library never crosses: it is status 99. The library starts no threads, reads no network and
 *   no environment, and installs no hooks.
 * - Functions are only ever added, statuses never renumbered, structs extended at their end where they begin with
 *   struct_size; the others stay as they are.
 */


#ifndef HSCODE_H
#define HSCODE_H

#include <stddef.h>
#include <stdint.h>

/** Options at their defaults: `hscode_options options = HSCODE_OPTIONS_INIT;` */
#define HSCODE_OPTIONS_INIT { sizeof(hscode_options), 0, 0, 0, 0.0f, { 0 }, 0 }

/** A callback to fill in: `hscode_callback callback = HSCODE_CALLBACK_INIT;` */
#define HSCODE_CALLBACK_INIT \
    { sizeof(hscode_callback), 0, 0, 0, 0, 0, 0, 0.0f, 0.0f, 0.0f, 0, 0, 0 }


/**
 * The major number of the binary interface; a program built for another one does not fit. The name of the
 * shared library carries it (`libhscode.so.1`).
 */
#define HSCODE_ABI_MAJOR 1

/**
 * The minor number; it rises whenever functions are added. A program built for a lower one fits.
 */
#define HSCODE_ABI_MINOR 0

/**
 * The size of every field that holds a code: 10 digits at most, and NULs up to the end.
 */
#define HSCODE_CODE_SIZE 16

/**
 * What a call returns. The numbers never change; later versions may add some.
 */
enum hscode_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done; the outputs are written.
     */
    HSCODE_STATUS_OK = 0,
    /**
     * A pointer that has to point somewhere is NULL.
     */
    HSCODE_STATUS_NULL_ARGUMENT = 1,
    /**
     * An argument is not of the form asked for: text that is no UTF-8, a malformed code, an option out of its
     * range, a struct of a wrong size, a handle that was freed or is of another kind. Fix the call.
     */
    HSCODE_STATUS_INVALID_INPUT = 2,
    /**
     * The code is well formed, but the edition does not have it.
     */
    HSCODE_STATUS_UNKNOWN_CODE = 3,
    /**
     * Two editions meet that do not fit, or an edition is not known.
     */
    HSCODE_STATUS_EDITION_MISMATCH = 4,
    /**
     * A model package or a data file is damaged or of another format. Reinstall it, keep the old one.
     */
    HSCODE_STATUS_PACKAGE = 5,
    /**
     * This library or this model cannot do what was asked.
     */
    HSCODE_STATUS_UNSUPPORTED = 6,
    /**
     * The operating system refused to read. Retry, fix the path.
     */
    HSCODE_STATUS_IO = 7,
    /**
     * A classifier failed while answering.
     */
    HSCODE_STATUS_INFERENCE = 8,
    /**
     * An index is past the end.
     */
    HSCODE_STATUS_OUT_OF_RANGE = 9,
    /**
     * There is not enough memory for what was asked.
     */
    HSCODE_STATUS_NO_MEMORY = 10,
    /**
     * A fault inside this library, which was caught. The handles of the call should be freed; others are not
     * touched. Please report it.
     */
    HSCODE_STATUS_PANIC = 99,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_status hscode_status;
#else
typedef int32_t hscode_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How deep a code goes: the number of its digits.
 */
enum hscode_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In options: the deepest level that the classifier answers.
     */
    HSCODE_LEVEL_DEEPEST = 0,
    /**
     * Two digits.
     */
    HSCODE_LEVEL_CHAPTER = 2,
    /**
     * Four digits.
     */
    HSCODE_LEVEL_HEADING = 4,
    /**
     * Six digits: the deepest international level.
     */
    HSCODE_LEVEL_SUBHEADING = 6,
    /**
     * Eight or ten digits: national.
     */
    HSCODE_LEVEL_TARIFF_LINE = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_level hscode_level;
#else
typedef int32_t hscode_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the library advises to do with the answer.
 */
enum hscode_decision_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The score meets the threshold of its level.
     */
    HSCODE_DECISION_ACCEPT = 1,
    /**
     * Too unsure at the level asked for, but sure enough of this ancestor.
     */
    HSCODE_DECISION_BACK_OFF = 2,
    /**
     * No code is sure enough: ask the sender, or send it to a person.
     */
    HSCODE_DECISION_ABSTAIN = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_decision_kind hscode_decision_kind;
#else
typedef int32_t hscode_decision_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a decision is not a full answer.
 */
enum hscode_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It is a full answer.
     */
    HSCODE_REASON_NONE = 0,
    /**
     * The best score is under the threshold.
     */
    HSCODE_REASON_LOW_SCORE = 1,
    /**
     * The description is too vague.
     */
    HSCODE_REASON_VAGUE = 2,
    /**
     * There are no words in the description.
     */
    HSCODE_REASON_NO_WORDS = 3,
    /**
     * Nothing in the description is known to the classifier, or nothing within the codes asked for.
     */
    HSCODE_REASON_NO_EVIDENCE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_reason hscode_reason;
#else
typedef int32_t hscode_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a code changed, seen from the edition that is converted from.
 */
enum hscode_change
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * One code to one, with the same number.
     */
    HSCODE_CHANGE_SAME = 1,
    /**
     * One code to one, with another number.
     */
    HSCODE_CHANGE_RENUMBERED = 2,
    /**
     * The code has several targets, and this target has no other source.
     */
    HSCODE_CHANGE_SPLIT = 3,
    /**
     * The code has this one target, and the target has further sources.
     */
    HSCODE_CHANGE_MERGED = 4,
    /**
     * The code has several targets, and this target has further sources.
     */
    HSCODE_CHANGE_COMPLEX = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_change hscode_change;
#else
typedef int32_t hscode_change;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a target rests on.
 */
enum hscode_link
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The correlation table lists the pair.
     */
    HSCODE_LINK_LISTED = 1,
    /**
     * It was worked out through a third edition and may be too wide.
     */
    HSCODE_LINK_COMPOSED = 2,
    /**
     * The table lists the pair, but the newer code gathers small parts of very many older ones: seldom what one
     * looks for.
     */
    HSCODE_LINK_GATHERING = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_link hscode_link;
#else
typedef int32_t hscode_link;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether a description is fit for a declaration; the numbers rise with the fault.
 */
enum hscode_verdict
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing is wrong with it.
     */
    HSCODE_VERDICT_ACCEPTABLE = 0,
    /**
     * It may do, and would be better with what the findings advise.
     */
    HSCODE_VERDICT_WARN = 1,
    /**
     * It names no article: customs cannot act on it, nor can a classifier.
     */
    HSCODE_VERDICT_REFUSE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_verdict hscode_verdict;
#else
typedef int32_t hscode_verdict;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is wrong with a description.
 */
enum hscode_finding_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is no text.
     */
    HSCODE_FINDING_EMPTY = 1,
    /**
     * There are only signs or emoji.
     */
    HSCODE_FINDING_NO_LETTERS = 2,
    /**
     * There are only numbers, units and codes.
     */
    HSCODE_FINDING_ONLY_CODES_OR_QUANTITIES = 3,
    /**
     * There are too few letters to mean anything.
     */
    HSCODE_FINDING_TOO_SHORT = 4,
    /**
     * The text stands in for a description that nobody wrote.
     */
    HSCODE_FINDING_PLACEHOLDER = 5,
    /**
     * The term fits many articles.
     */
    HSCODE_FINDING_VAGUE_TERM = 6,
    /**
     * It says why the goods travel, not what they are.
     */
    HSCODE_FINDING_PURPOSE_ONLY = 7,
    /**
     * It is a transport term for goods of any kind.
     */
    HSCODE_FINDING_MIXED_CARGO = 8,
    /**
     * It says whose the goods are.
     */
    HSCODE_FINDING_PERSONAL_EFFECTS = 9,
    /**
     * It names what the goods are packed in.
     */
    HSCODE_FINDING_PACKAGING_ONLY = 10,
    /**
     * It points to a paper that customs does not have before it.
     */
    HSCODE_FINDING_REFERENCE_TO_DOCUMENT = 11,
    /**
     * It is longer than what is read.
     */
    HSCODE_FINDING_TOO_LONG = 12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hscode_finding_reason hscode_finding_reason;
#else
typedef int32_t hscode_finding_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a callback writes its answers to; valid until the callback returns.
 */
typedef struct hscode_answers hscode_answers;

/**
 * A classifier: a model that is open, a caller's own function, or several in order. May be used by many threads
 * at once.
 */
typedef struct hscode_classifier hscode_classifier;

/**
 * What went wrong: a status, and a message for people.
 *
 * Messages say what was expected, what was seen and where. They never hold a whole description.
 */
typedef struct hscode_error hscode_error;

/**
 * What is wrong with a description. May be read by many threads at once.
 */
typedef struct hscode_findings hscode_findings;

/**
 * All codes of one edition, with titles where there are any. May be used by many threads at once.
 */
typedef struct hscode_nomenclature hscode_nomenclature;

/**
 * The answer to one description. May be read by many threads at once.
 */
typedef struct hscode_prediction hscode_prediction;

/**
 * The predictions of a batch, in the order of its texts.
 */
typedef struct hscode_predictions hscode_predictions;

/**
 * A text that the caller owns.
 */
typedef struct hscode_string hscode_string;

/**
 * A code: digits, then NULs up to the end of the field; all NULs where there is no code.
 */
typedef struct {
    /**
     * The digits, such as `610910`.
     */
    char digits[16];
} hscode_code;

/**
 * How to answer. Set `struct_size` to `sizeof(hscode_options)` and the rest to zero (`HSCODE_OPTIONS_INIT`), then
 * what you want otherwise. A pointer to options may be NULL for all defaults.
 *
 * Later versions of the library add fields at the end; programs built before keep working, since the size tells
 * what they know.
 */
typedef struct {
    /**
     * The size of this struct where the program was built.
     */
    size_t struct_size;
    /**
     * The most candidates to give, best first, up to the number of the classifier's classes; 0 for 5.
     */
    size_t top_k;
    /**
     * The level of the candidates, an `hscode_level`; 0 for the deepest that the classifier answers.
     */
    int32_t level;
    /**
     * Not 0 to say why: words, references, titles.
     */
    int32_t explain;
    /**
     * Also give the set of codes that holds the right one with this probability, between 0 and 1; 0 for none.
     */
    float coverage;
    /**
     * Only codes at or below this one, NUL-terminated or padded with spaces; empty for all.
     */
    char within[16];
    /**
     * Zero.
     */
    int32_t reserved;
} hscode_options;

/**
 * A text: `len` bytes of UTF-8, without a NUL at the end. `utf8` may be NULL where `len` is 0.
 */
typedef struct {
    /**
     * The first byte.
     */
    const uint8_t *utf8;
    /**
     * The number of bytes.
     */
    size_t len;
} hscode_str;

/**
 * A function of the host that classifies: it gets texts and adds scored codes for each with `hscode_answers_add`.
 *
 * `user`: as given with the function. `texts`, `n`: the descriptions. `options`: what was asked for; a function may
 * leave them aside, its answers are restricted, ranked and cut by the library. Returns 0 when it could answer
 * (also with nothing), another number when it failed: a cascade then asks its next stage.
 *
 * It must return: no exception of C++ and no `longjmp` may leave it.
 */
typedef int32_t (*hscode_classify_fn)(void *user,
                                      const hscode_str *texts,
                                      size_t n,
                                      const hscode_options *options,
                                      hscode_answers *answers);

/**
 * A function of the host that frees what `user` points to.
 */
typedef void (*hscode_free_fn)(void *user);

/**
 * A host's own classifier: what it is, and its function. Set `struct_size` to `sizeof(hscode_callback)` and what
 * you leave out to zero (`HSCODE_CALLBACK_INIT`).
 */
typedef struct {
    /**
     * The size of this struct where the program was built.
     */
    size_t struct_size;
    /**
     * The kind of classifier, such as `house-rules`, NUL-terminated, at most 256 bytes.
     */
    const char *name;
    /**
     * What identifies its rules or model, such as `rules@7`, NUL-terminated, at most 256 bytes.
     */
    const char *model;
    /**
     * The edition of its codes, such as `HS2022`, NUL-terminated.
     */
    const char *edition;
    /**
     * The level of its codes, an `hscode_level` other than 0: all that it adds have this level.
     */
    int32_t level;
    /**
     * Not 0: at most one thread is in the function at a time, others wait. 0: it may be called by several at once.
     */
    int32_t serial;
    /**
     * How many codes of that level it can answer; 0 for all of the edition.
     */
    size_t classes;
    /**
     * The smallest score accepted for two digits, in 0 to 1.
     */
    float chapter_threshold;
    /**
     * The smallest score accepted for four digits.
     */
    float heading_threshold;
    /**
     * The smallest score accepted for six digits and more.
     */
    float subheading_threshold;
    /**
     * The function.
     */
    hscode_classify_fn classify;
    /**
     * Passed to the functions; may be NULL.
     */
    void *user;
    /**
     * Called once with `user` when nothing uses the function any more: the classifier and the cascades that share
     * it are freed. May be NULL.
     */
    hscode_free_fn user_free;
} hscode_callback;

/**
 * A scored code.
 */
typedef struct {
    /**
     * The digits, then NULs.
     */
    char code[16];
    /**
     * Its calibrated probability, in 0 to 1. The score of a heading is the sum of its subheadings'.
     */
    float score;
} hscode_candidate;

/**
 * What to do with the answer.
 */
typedef struct {
    /**
     * An `hscode_decision_kind`.
     */
    int32_t kind;
    /**
     * Why it is not a full answer, an `hscode_reason`.
     */
    int32_t reason;
    /**
     * The code decided for: the best candidate or an ancestor; all NULs when abstaining.
     */
    char code[16];
} hscode_decision;

/**
 * A stage of a cascade that did not give the answer.
 */
typedef struct {
    /**
     * The stage's name, NUL-terminated; valid until the prediction is freed.
     */
    const char *classifier;
    /**
     * Why it abstained, an `hscode_reason`; 0 when it failed.
     */
    int32_t reason;
    /**
     * The message of its failure, NUL-terminated; valid until the prediction is freed. NULL when it abstained.
     */
    const char *failure;
} hscode_passed;

/**
 * What one word added to the score of the best code. The texts are valid until the prediction is freed.
 */
typedef struct {
    /**
     * The word as it was read, NUL-terminated.
     */
    const char *text;
    /**
     * Where it starts in the description, in bytes.
     */
    size_t start;
    /**
     * Where it ends, in bytes, exclusive.
     */
    size_t end;
    /**
     * Its part in the evidence for the best code; the parts of a text add up to the whole. The unit is the
     * classifier's own.
     */
    float contribution;
} hscode_token;

/**
 * A reference that speaks for a code. The texts are valid until the prediction is freed.
 */
typedef struct {
    /**
     * The reference's text, NUL-terminated.
     */
    const char *text;
    /**
     * Where it is from, NUL-terminated.
     */
    const char *source;
    /**
     * Its settled code.
     */
    char code[16];
    /**
     * How like the description it is, in 0 to 1; 1 is the same text.
     */
    float similarity;
} hscode_evidence;

/**
 * The answer to one of many descriptions.
 */
typedef struct {
    /**
     * What became of this text, an `hscode_status`; the other fields are zero when it is not 0.
     */
    int32_t status;
    /**
     * An `hscode_decision_kind`.
     */
    int32_t kind;
    /**
     * Why it is not a full answer, an `hscode_reason`.
     */
    int32_t reason;
    /**
     * The score of `code`, in 0 to 1; 0 when abstaining.
     */
    float score;
    /**
     * The code decided for: the best candidate or an ancestor; all NULs when abstaining.
     */
    char code[16];
} hscode_row;

/**
 * One fault of a description. The texts are valid until the findings are freed.
 */
typedef struct {
    /**
     * An `hscode_finding_reason`.
     */
    int32_t reason;
    /**
     * How much it weighs here, an `hscode_verdict`.
     */
    int32_t verdict;
    /**
     * Where the words it is about start in the description, in bytes.
     */
    size_t start;
    /**
     * Where they end, in bytes, exclusive.
     */
    size_t end;
    /**
     * The words in normal form, NUL-terminated; empty where it is about the whole text.
     */
    const char *term;
    /**
     * What to add, a sentence in English, NUL-terminated.
     */
    const char *advice;
} hscode_finding;

/**
 * A code of the edition that is converted to.
 */
typedef struct {
    /**
     * The digits, then NULs.
     */
    char code[16];
    /**
     * An `hscode_change`.
     */
    int32_t change;
    /**
     * An `hscode_link`.
     */
    int32_t link;
} hscode_target;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the binary interface of the library that is loaded: the major number times 65536, plus the
 * minor number.
 *
 * A host that loads the library by itself compares it first: `hscode_abi_version() >> 16 == HSCODE_ABI_MAJOR`.
 *
 * Threads: any, at once.
 */
uint32_t hscode_abi_version(void);

/**
 * The version of the release, such as `0.1.0`. A static text, never to be freed.
 *
 * Threads: any, at once.
 */
const char *hscode_version(void);

/**
 * The name of a status in lower snake case, such as `invalid_input`; `unknown` for another number. A static
 * text, never to be freed.
 *
 * Threads: any, at once.
 */
const char *hscode_status_name(int32_t status);

/**
 * The status of an error: that which the failed call returned. 0 when `error` is NULL or no error.
 *
 * Threads: any, at once.
 */
int32_t hscode_error_status(const hscode_error *error);

/**
 * The message of an error, NUL-terminated UTF-8; valid until the error is freed. An empty text when `error` is
 * NULL or no error.
 *
 * Threads: any, at once.
 */
const char *hscode_error_message(const hscode_error *error);

/**
 * Frees an error. NULL is fine; an error that was freed, or a handle of another kind, is left alone.
 *
 * Threads: one, and no other uses this error meanwhile.
 */
void hscode_error_free(hscode_error *error);

/**
 * The text, NUL-terminated UTF-8; valid until it is freed. An empty text when `string` is NULL or no string.
 *
 * Threads: any, at once.
 */
const char *hscode_string_data(const hscode_string *string);

/**
 * The number of bytes of the text, without the NUL at its end.
 *
 * Threads: any, at once.
 */
size_t hscode_string_len(const hscode_string *string);

/**
 * Frees a text. NULL is fine; one that was freed, or a handle of another kind, is left alone.
 *
 * Threads: one, and no other uses this text meanwhile.
 */
void hscode_string_free(hscode_string *string);

/**
 * Reads a code as people write it: 2, 4, 6, 8 or 10 digits, dots and spaces between pairs of digits.
 *
 * `utf8`, `len`: the text, such as `6109.10`. `out`: the digits, `610910`. A well-formed code need not exist:
 * ask a nomenclature. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when it is no code, with the hint that a
 * spreadsheet may have dropped a leading zero.
 */
hscode_status hscode_code_parse(const uint8_t *utf8, size_t len, hscode_code *out, hscode_error **err);

/**
 * Writes a code as the tariff prints it, such as `6109.10`, NUL-terminated.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes; no more than 16 bytes are read. `out`: 16 bytes.
 * `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when it is no code.
 */
hscode_status hscode_code_dotted(const char *code, hscode_code *out, hscode_error **err);

/**
 * Sets options to their defaults, for hosts that cannot use `HSCODE_OPTIONS_INIT`.
 *
 * `out`: the options. `struct_size`: their size where the program was built. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a size that no version has; UNSUPPORTED for
 * one of a later version.
 */
hscode_status hscode_options_init(hscode_options *out,
                                  size_t struct_size,
                                  hscode_error **err);

/**
 * Opens the classifier that the library carries. The first call opens the model (see docs/c.md for the time it
 * takes), later ones share it.
 *
 * `out`: the classifier; the caller frees it with `hscode_classifier_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; PACKAGE when the model in the library is damaged; UNSUPPORTED
 * when the library was built without a model.
 */
hscode_status hscode_classifier_embedded(hscode_classifier **out,
                                         hscode_error **err);

/**
 * Opens the model package in a folder. Its sizes and digests are checked and its probe is asked; nothing opens
 * in part.
 *
 * `utf8_path`: the folder, NUL-terminated. `out`: the classifier; the caller frees it with
 * `hscode_classifier_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a path that is no UTF-8; PACKAGE, naming the
 * file; UNSUPPORTED for a package of another version; IO.
 */
hscode_status hscode_classifier_open(const char *utf8_path,
                                     hscode_classifier **out,
                                     hscode_error **err);

/**
 * The kind of classifier, such as `text-cnn`; valid until it is freed. NULL when `classifier` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_classifier_name(const hscode_classifier *classifier);

/**
 * What identifies the model, such as `hscode-default@0.1.0#3f9a0c1d22ab`; valid until the classifier is freed.
 * NULL when `classifier` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_classifier_model(const hscode_classifier *classifier);

/**
 * The edition of the codes it answers, such as `HS2022`; valid until the classifier is freed. NULL when
 * `classifier` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_classifier_edition(const hscode_classifier *classifier);

/**
 * The deepest level it answers, an `hscode_level`; 0 when `classifier` is none.
 *
 * Threads: any, at once.
 */
int32_t hscode_classifier_level(const hscode_classifier *classifier);

/**
 * How many codes of that level it can answer: the most that `top_k` may ask for. 0 when `classifier` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_classifier_classes(const hscode_classifier *classifier);

/**
 * Frees a classifier. NULL is fine; one that was freed, or a handle of another kind, is left alone. Predictions
 * and cascades made with it stay valid.
 *
 * Threads: one, and no other uses this classifier meanwhile.
 */
void hscode_classifier_free(hscode_classifier *classifier);

/**
 * Puts classifiers in order: each description stops at the first that accepts or backs off; when one fails, the
 * next is asked. When all abstain, the best abstention is given.
 *
 * `name`: what to call the cascade, NUL-terminated, at most 256 bytes. `stages`, `n`: 1 to 64 classifiers of one
 * edition, in the order they are asked; they are shared, so the caller may free its handles. `out`: the cascade;
 * the caller frees it with `hscode_classifier_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT without stages, with too many, or with a handle
 * that is no classifier; EDITION_MISMATCH.
 */
hscode_status hscode_classifier_cascade(const char *name,
                                        const hscode_classifier *const *stages,
                                        size_t n,
                                        hscode_classifier **out,
                                        hscode_error **err);

/**
 * Adds a scored code to the answers of a callback.
 *
 * `answers`: as the callback got them. `index`: of the text, below `n`. `code`: NUL-terminated, or padded with
 * spaces to 16 bytes. `score`: a probability; those of one text sum to at most 1, what lacks is the probability of
 * all codes that are not named. `err` may be NULL.
 *
 * Threads: any that the callback uses, while it runs. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code,
 * a score that is no probability, or when the callback has returned; OUT_OF_RANGE for an index past the texts, or
 * for more than 10,000 codes of one text.
 */
hscode_status hscode_answers_add(hscode_answers *answers,
                                 size_t index,
                                 const char *code,
                                 float score,
                                 hscode_error **err);

/**
 * Makes a classifier of a host's own function: house rules, another model, a remote service. Its answers are then
 * treated as everybody's: summed by level, restricted, ranked, decided. With `hscode_classifier_cascade` it stands
 * before or after the library's own.
 *
 * `callback`: the function and what it is; the struct and the texts in it are copied, `user` is handed over: after
 * a success `user_free` is called once, after a failure never. `out`: the classifier; the caller frees it with
 * `hscode_classifier_free`. `err` may be NULL.
 *
 * Threads: any, at once. The function is called by the threads that classify, see `serial`. Statuses:
 * NULL_ARGUMENT; INVALID_INPUT for a wrong size, level or threshold; EDITION_MISMATCH; UNSUPPORTED for a national
 * tariff without `classes`.
 */
hscode_status hscode_classifier_from_callback(const hscode_callback *callback,
                                              hscode_classifier **out,
                                              hscode_error **err);

/**
 * Classifies one description.
 *
 * `classifier`: see `hscode_classifier_embedded`. `utf8`, `len`: the description; text past 4096 bytes is cut, and
 * the prediction says so. `options`: NULL for the defaults. `out`: the prediction; the caller frees it with
 * `hscode_prediction_free`. `err` may be NULL.
 *
 * Vague or unknown text is no error: the decision then says so.
 *
 * Threads: any, at once, also on one classifier. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8
 * or options out of their range; UNSUPPORTED for a level deeper than the classifier answers; INFERENCE.
 */
hscode_status hscode_classify(const hscode_classifier *classifier,
                              const uint8_t *utf8,
                              size_t len,
                              const hscode_options *options,
                              hscode_prediction **out,
                              hscode_error **err);

/**
 * Classifies many descriptions; the predictions keep their order.
 *
 * `texts`, `n`: the descriptions; NULL is fine where `n` is 0. The rest is as in `hscode_classify`; `out`: the
 * predictions; the caller frees them with `hscode_predictions_free`. `hscode_classify_rows` fills arrays of the
 * caller instead, and goes on where a text is bad.
 *
 * Threads: any, at once, also on one classifier. Statuses: as `hscode_classify`, for the first text that fails,
 * which the message names by its index; nothing is given in part. NO_MEMORY.
 */
hscode_status hscode_classify_batch(const hscode_classifier *classifier,
                                    const hscode_str *texts,
                                    size_t n,
                                    const hscode_options *options,
                                    hscode_predictions **out,
                                    hscode_error **err);

/**
 * How many candidates there are; 0 when `prediction` is none, or when nothing speaks for any code.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_len(const hscode_prediction *prediction);

/**
 * A candidate; 0 is the best, equal scores stand in the order of their codes.
 *
 * They are there in every case, also when abstaining.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
 */
hscode_status hscode_prediction_candidate(const hscode_prediction *prediction,
                                          size_t i,
                                          hscode_candidate *out);

/**
 * What to do with the answer.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none.
 */
hscode_status hscode_prediction_decision(const hscode_prediction *prediction, hscode_decision *out);

/**
 * The score of the code decided for, in 0 to 1; 0 when abstaining, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
float hscode_prediction_score(const hscode_prediction *prediction);

/**
 * The level of the candidates, an `hscode_level`; 0 when `prediction` is none.
 *
 * Threads: any, at once.
 */
int32_t hscode_prediction_level(const hscode_prediction *prediction);

/**
 * 1 when the description was longer than what is read, else 0.
 *
 * Threads: any, at once.
 */
int32_t hscode_prediction_truncated(const hscode_prediction *prediction);

/**
 * The classifier that answered, in a cascade the stage; valid until the prediction is freed. NULL when
 * `prediction` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_prediction_classifier(const hscode_prediction *prediction);

/**
 * What identifies the model that answered; valid until the prediction is freed. NULL when `prediction` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_prediction_model(const hscode_prediction *prediction);

/**
 * The edition of the codes; valid until the prediction is freed. NULL when `prediction` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_prediction_edition(const hscode_prediction *prediction);

/**
 * How many codes the candidate set has; 0 when no coverage was asked for, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_set_len(const hscode_prediction *prediction);

/**
 * A code of the candidate set: the codes that hold the right one with the coverage asked for, best first.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
 */
hscode_status hscode_prediction_set_code(const hscode_prediction *prediction, size_t i, hscode_code *out);

/**
 * How many stages of a cascade were asked before the one that answered; 0 when `prediction` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_passed_len(const hscode_prediction *prediction);

/**
 * A stage of a cascade that was asked before the one that answered, and why it did not.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
 */
hscode_status hscode_prediction_passed(const hscode_prediction *prediction, size_t i, hscode_passed *out);

/**
 * The prediction as one line of JSON, as the command and the Python package write it (docs/cli.md).
 *
 * `index`: the row's number, for `"index"`. `utf8`, `len`: the description, for `"description"`. `titles`: whose
 * titles to write; NULL for those that the library carries. `out`: the text; the caller frees it with
 * `hscode_string_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT; UNSUPPORTED when `titles` is NULL and the
 * edition is a national tariff.
 */
hscode_status hscode_prediction_json(const hscode_prediction *prediction,
                                     uint64_t index,
                                     const uint8_t *utf8,
                                     size_t len,
                                     const hscode_nomenclature *titles,
                                     hscode_string **out,
                                     hscode_error **err);

/**
 * Frees a prediction. NULL is fine; one that was freed or belongs to a batch, or a handle of another kind, is
 * left alone.
 *
 * Threads: one, and no other uses this prediction meanwhile.
 */
void hscode_prediction_free(hscode_prediction *prediction);

/**
 * How many words the explanation has; 0 when there is none, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_token_len(const hscode_prediction *prediction);

/**
 * A word of the description, in the order of the text, with what it added.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
 */
hscode_status hscode_prediction_token(const hscode_prediction *prediction, size_t i, hscode_token *out);

/**
 * How many references the explanation has; 0 when there is none, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_evidence_len(const hscode_prediction *prediction);

/**
 * A reference, nearest first.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `prediction` is none; OUT_OF_RANGE.
 */
hscode_status hscode_prediction_evidence(const hscode_prediction *prediction, size_t i, hscode_evidence *out);

/**
 * How many titles the path has; 0 when there is no explanation, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
size_t hscode_prediction_path_len(const hscode_prediction *prediction);

/**
 * A title of the path from the chapter (0) down to the best code, NUL-terminated; valid until the prediction is
 * freed. NULL past the end, or when `prediction` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_prediction_path_title(const hscode_prediction *prediction,
                                         size_t i);

/**
 * How many predictions there are; 0 when `predictions` are none.
 *
 * Threads: any, at once.
 */
size_t hscode_predictions_len(const hscode_predictions *predictions);

/**
 * The prediction of the text at `index`.
 *
 * `out`: the prediction. It belongs to `predictions` and is valid until those are freed (using it later is not
 * detected); `hscode_prediction_free` leaves it alone. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `predictions` are none; OUT_OF_RANGE.
 */
hscode_status hscode_predictions_get(const hscode_predictions *predictions,
                                     size_t index,
                                     const hscode_prediction **out,
                                     hscode_error **err);

/**
 * Frees the predictions of a batch, with every prediction in it. NULL is fine; ones that were freed, or a handle
 * of another kind, are left alone.
 *
 * Threads: one, and no other uses them meanwhile.
 */
void hscode_predictions_free(hscode_predictions *predictions);

/**
 * Classifies many descriptions into arrays of the caller; nothing is to be freed.
 *
 * A bad text gets its status in its row, and the others are answered. Memory in use does not grow with `n`.
 *
 * `texts`, `n`: the descriptions. `options`: NULL for the defaults. `rows`: room for `n` answers. `candidates`:
 * room for `n * per_row` candidates, those of text `i` from `i * per_row` on, best first, places without one
 * zeroed; NULL where `per_row` is 0. `err` may be NULL.
 *
 * Threads: any, at once, also on one classifier, each with arrays of its own. Statuses: OK when every row has
 * its answer or its status; NULL_ARGUMENT, INVALID_INPUT or UNSUPPORTED for the call as a whole, and then nothing
 * is written. After PANIC the arrays hold whatever was done.
 */
hscode_status hscode_classify_rows(const hscode_classifier *classifier,
                                   const hscode_str *texts,
                                   size_t n,
                                   const hscode_options *options,
                                   hscode_row *rows,
                                   hscode_candidate *candidates,
                                   size_t per_row,
                                   hscode_error **err);

/**
 * Classifies one description with the embedded classifier into two fields of the caller.
 *
 * `text`, `len`: the description, UTF-8; spaces at its end do not matter, so that a field of fixed length may be
 * given whole. `code`: 16 bytes; digits, then NULs. Six digits are a full answer; fewer are the heading or chapter
 * that is sure; all NULs mean that no code is sure enough: ask the sender, or a person. `score`: the probability
 * of that code, 0 where there is none; may be NULL. The fields need no alignment.
 *
 * The first call opens the model.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8; PACKAGE; UNSUPPORTED
 * when the library was built without a model; INFERENCE.
 */
hscode_status hscode_classify_simple(const char *text,
                                     size_t len,
                                     char *code,
                                     float *score);

/**
 * Checks one description into two fields of the caller: would customs take it?
 *
 * `text`, `len`: the description, UTF-8; spaces at its end do not matter. `verdict`: an `hscode_verdict`. `reason`:
 * of the gravest finding, an `hscode_finding_reason`, 0 where there is none; may be NULL. The fields need no
 * alignment.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
 */
hscode_status hscode_check_simple(const char *text,
                                  size_t len,
                                  int32_t *verdict,
                                  int32_t *reason);

/**
 * Checks a description: would customs take it, why not, and what to add.
 *
 * `utf8`, `len`: the description. `out`: the findings; the caller frees them with `hscode_findings_free`. `err` may
 * be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
 */
hscode_status hscode_check(const uint8_t *utf8,
                           size_t len,
                           hscode_findings **out,
                           hscode_error **err);

/**
 * The gravest verdict, an `hscode_verdict`; HSCODE_VERDICT_REFUSE when `findings` are none.
 *
 * Threads: any, at once.
 */
int32_t hscode_findings_verdict(const hscode_findings *findings);

/**
 * How many findings there are; 0 when `findings` are none.
 *
 * Threads: any, at once.
 */
size_t hscode_findings_len(const hscode_findings *findings);

/**
 * A finding, in the order of the text.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT when `findings` are none; OUT_OF_RANGE.
 */
hscode_status hscode_findings_get(const hscode_findings *findings, size_t i, hscode_finding *out);

/**
 * Frees findings. NULL is fine; ones that were freed, or a handle of another kind, are left alone.
 *
 * Threads: one, and no other uses them meanwhile.
 */
void hscode_findings_free(hscode_findings *findings);

/**
 * A description in normal form: lower case, entities and full-width characters read, white space in one piece
 * (docs/descriptions.md).
 *
 * `utf8`, `len`: the description. `out`: the text; the caller frees it with `hscode_string_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
 */
hscode_status hscode_description_normalise(const uint8_t *utf8,
                                           size_t len,
                                           hscode_string **out,
                                           hscode_error **err);

/**
 * A description in canonical form: the tokens of its normal form, one space between them; descriptions that say
 * the same in other spellings are the same in it.
 *
 * Parameters, threads and statuses: as `hscode_description_normalise`.
 */
hscode_status hscode_description_canonical(const uint8_t *utf8,
                                           size_t len,
                                           hscode_string **out,
                                           hscode_error **err);

/**
 * Opens the codes of an international edition that the library carries; HS2022 has titles in plain English.
 *
 * `edition`: `HS1992` to `HS2022`, NUL-terminated. `out`: the nomenclature; the caller frees it with
 * `hscode_nomenclature_free`. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; EDITION_MISMATCH for an edition that is not known; UNSUPPORTED
 * for a national tariff: open a file of it.
 */
hscode_status hscode_nomenclature_embedded(const char *edition,
                                           hscode_nomenclature **out,
                                           hscode_error **err);

/**
 * Reads codes and titles from a file, such as an official text: CSV with a code and a description.
 *
 * `utf8_path`: the file, NUL-terminated. `edition`: `HS1992` to `HS2022`, or a national tariff as
 * `NAME@YYYY-MM-DD`, NUL-terminated. `out`: the nomenclature; the caller frees it with `hscode_nomenclature_free`.
 * `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT, naming the line; EDITION_MISMATCH; IO.
 */
hscode_status hscode_nomenclature_open(const char *utf8_path,
                                       const char *edition,
                                       hscode_nomenclature **out,
                                       hscode_error **err);

/**
 * The edition, NUL-terminated; valid until the nomenclature is freed. NULL when `nomenclature` is none.
 *
 * Threads: any, at once.
 */
const char *hscode_nomenclature_edition(const hscode_nomenclature *nomenclature);

/**
 * Whether the edition has a code.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: 1 or 0. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code.
 */
hscode_status hscode_nomenclature_contains(const hscode_nomenclature *nomenclature,
                                           const char *code,
                                           int32_t *out,
                                           hscode_error **err);

/**
 * The title of a code.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: the title, NUL-terminated UTF-8, valid until
 * the nomenclature is freed; NULL where the edition has the code and no title of it. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE, with a hint
 * which editions have it.
 */
hscode_status hscode_nomenclature_title(const hscode_nomenclature *nomenclature,
                                        const char *code,
                                        const char **out,
                                        hscode_error **err);

/**
 * The code above.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes. `out`: the code two digits shorter; all NULs for a
 * chapter. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE.
 */
hscode_status hscode_nomenclature_parent(const hscode_nomenclature *nomenclature,
                                         const char *code,
                                         hscode_code *out,
                                         hscode_error **err);

/**
 * The codes right below a code, in order.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes. `codes`, `room`: an array of the caller; the first
 * `room` codes are written, `codes` may be NULL where `room` is 0. `count`: how many codes there are, also where
 * there is less room. `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE.
 */
hscode_status hscode_nomenclature_children(const hscode_nomenclature *nomenclature,
                                           const char *code,
                                           hscode_code *codes,
                                           size_t room,
                                           size_t *count,
                                           hscode_error **err);

/**
 * All codes of a level, in the order of the tariff.
 *
 * `level`: an `hscode_level` other than 0. The rest is as in `hscode_nomenclature_children`.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a level that there is not.
 */
hscode_status hscode_nomenclature_codes(const hscode_nomenclature *nomenclature,
                                        int32_t level,
                                        hscode_code *codes,
                                        size_t room,
                                        size_t *count,
                                        hscode_error **err);

/**
 * The codes whose titles fit the words best, best first.
 *
 * `utf8`, `len`: the words, such as `table lamp`. `hits`, `room`: an array of the caller; at most `room` hits are
 * looked for. The score of a hit ranks it among the hits and is no probability. `count`: how many were written.
 * `err` may be NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for text that is no UTF-8.
 */
hscode_status hscode_nomenclature_search(const hscode_nomenclature *nomenclature,
                                         const uint8_t *utf8,
                                         size_t len,
                                         hscode_candidate *hits,
                                         size_t room,
                                         size_t *count,
                                         hscode_error **err);

/**
 * Frees a nomenclature. NULL is fine; one that was freed, or a handle of another kind, is left alone.
 *
 * Threads: one, and no other uses this nomenclature meanwhile.
 */
void hscode_nomenclature_free(hscode_nomenclature *nomenclature);

/**
 * The codes of another edition that the goods of a code may fall under: first the main ones, then the gathering
 * ones, each part in the order of the tariff.
 *
 * `code`: NUL-terminated, or padded with spaces to 16 bytes. `from`, `to`: editions `HS1992` to `HS2022`,
 * NUL-terminated. `targets`, `room`: an array of the caller; the first `room` targets are written, `targets` may be
 * NULL where `room` is 0. `count`: how many there are, also where there is less room; at least 1. `err` may be
 * NULL.
 *
 * Threads: any, at once. Statuses: NULL_ARGUMENT; INVALID_INPUT for a malformed code; UNKNOWN_CODE when `from` does
 * not have it, with a hint where it is; EDITION_MISMATCH for an edition that is not known; UNSUPPORTED for a
 * national tariff.
 */
hscode_status hscode_convert(const char *code,
                             const char *from,
                             const char *to,
                             hscode_target *targets,
                             size_t room,
                             size_t *count,
                             hscode_error **err);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HSCODE_H */
