/*
 * hscode for C++: owners of the handles of hscode.h. Header only, C++11; std::string_view from C++17 on.
 *
 * Two ways to report failure, side by side:
 *   auto classifier = hscode::Classifier::embedded();              throws hscode::Error
 *   hscode::Status s = hscode::Classifier::embedded(classifier);   returns the status and its message
 * The first is there where exceptions are; -fno-exceptions (or -DHSCODE_NO_EXCEPTIONS) leaves the second.
 *
 * Objects are moved, not copied. A const object may be used by many threads at once.
 */
#ifndef HSCODE_HPP
#define HSCODE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hscode.h"

#if __cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#include <string_view>
#define HSCODE_STRING_VIEW 1
#endif

#if !defined(HSCODE_NO_EXCEPTIONS) && (defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND))
#include <stdexcept>
#define HSCODE_EXCEPTIONS 1
#endif

namespace hscode {

/** A text that is borrowed: from a std::string, a literal, a std::string_view or a pointer and a length. */
class Text {
public:
    Text(const char *text) noexcept : data_(text), size_(text == nullptr ? 0 : length(text)) {}
    Text(const char *data, std::size_t size) noexcept : data_(data), size_(size) {}
    Text(const std::string &text) noexcept : data_(text.data()), size_(text.size()) {}
#ifdef HSCODE_STRING_VIEW
    Text(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {}
#endif
    const std::uint8_t *bytes() const noexcept { return reinterpret_cast<const std::uint8_t *>(data_); }
    std::size_t size() const noexcept { return size_; }

private:
    static std::size_t length(const char *text) noexcept {
        std::size_t size = 0;
        while (text[size] != '\0') {
            ++size;
        }
        return size;
    }
    const char *data_;
    std::size_t size_;
};

/** What a call returned: a status, and a message where it failed. */
class Status {
public:
    Status() noexcept : code_(HSCODE_STATUS_OK) {}
    Status(hscode_status code, std::string message) : code_(code), message_(std::move(message)) {}
    bool ok() const noexcept { return code_ == HSCODE_STATUS_OK; }
    explicit operator bool() const noexcept { return ok(); }
    hscode_status code() const noexcept { return code_; }
    const std::string &message() const noexcept { return message_; }

    /** The status of a call of hscode.h, and the message of its error, which is freed. */
    static Status of(hscode_status code, hscode_error *error) {
        if (code == HSCODE_STATUS_OK) {
            return Status();
        }
        Status status(code, error == nullptr ? hscode_status_name(code) : hscode_error_message(error));
        hscode_error_free(error);
        return status;
    }

private:
    hscode_status code_;
    std::string message_;
};

#ifdef HSCODE_EXCEPTIONS
/** A failed call. */
class Error : public std::runtime_error {
public:
    explicit Error(const Status &status) : std::runtime_error(status.message()), code_(status.code()) {}
    hscode_status code() const noexcept { return code_; }

private:
    hscode_status code_;
};

namespace detail {
inline void check(const Status &status) {
    if (!status.ok()) {
        throw Error(status);
    }
}
} // namespace detail
#endif

namespace detail {
struct Free {
    void operator()(hscode_classifier *p) const noexcept { hscode_classifier_free(p); }
    void operator()(hscode_prediction *p) const noexcept { hscode_prediction_free(p); }
    void operator()(hscode_predictions *p) const noexcept { hscode_predictions_free(p); }
    void operator()(hscode_nomenclature *p) const noexcept { hscode_nomenclature_free(p); }
    void operator()(hscode_findings *p) const noexcept { hscode_findings_free(p); }
    void operator()(hscode_string *p) const noexcept { hscode_string_free(p); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

inline std::string text(const char *c) { return c == nullptr ? std::string() : std::string(c); }
} // namespace detail

/** How to answer; the defaults are those of the library. */
class Options {
public:
    Options() noexcept : c_() { c_.struct_size = sizeof c_; }
    Options &top_k(std::size_t most) noexcept { return c_.top_k = most, *this; }
    Options &level(hscode_level level) noexcept { return c_.level = level, *this; }
    Options &explain(bool explain = true) noexcept { return c_.explain = explain ? 1 : 0, *this; }
    Options &coverage(float coverage) noexcept { return c_.coverage = coverage, *this; }
    /** Only codes at or below `code`; longer texts than a code has are cut, and the call that uses them fails. */
    Options &within(const std::string &code) noexcept {
        for (std::size_t i = 0; i < sizeof c_.within; ++i) {
            c_.within[i] = i < code.size() ? code[i] : '\0';
        }
        return *this;
    }
    const hscode_options *get() const noexcept { return &c_; }

private:
    hscode_options c_;
};

/** A scored code. */
struct Candidate {
    std::string code;
    float score;
};

/** What to do with the answer. */
struct Decision {
    hscode_decision_kind kind;
    hscode_reason reason;
    std::string code;
    bool accepted() const noexcept { return kind == HSCODE_DECISION_ACCEPT; }
    bool abstained() const noexcept { return kind == HSCODE_DECISION_ABSTAIN; }
};

/** What one word added to the score of the best code. */
struct Token {
    std::string text;
    std::size_t start, end;
    float contribution;
};

/** A reference that speaks for a code. */
struct Evidence {
    std::string text, source, code;
    float similarity;
};

/** The answer to one description; belongs to nobody else, or to a batch that lives on as long as it does. */
class Prediction {
public:
    Prediction() noexcept : p_(nullptr) {}

    std::size_t size() const noexcept { return hscode_prediction_len(p_); }
    Candidate candidate(std::size_t i) const {
        hscode_candidate c = hscode_candidate();
        hscode_prediction_candidate(p_, i, &c);
        return Candidate{c.code, c.score};
    }
    std::vector<Candidate> candidates() const {
        std::vector<Candidate> all;
        all.reserve(size());
        for (std::size_t i = 0, n = size(); i < n; ++i) {
            all.push_back(candidate(i));
        }
        return all;
    }
    Decision decision() const {
        hscode_decision d = hscode_decision();
        d.kind = HSCODE_DECISION_ABSTAIN;
        hscode_prediction_decision(p_, &d);
        return Decision{static_cast<hscode_decision_kind>(d.kind), static_cast<hscode_reason>(d.reason), d.code};
    }
    /** The code decided for; empty when abstaining. */
    std::string code() const { return decision().code; }
    /** The score of code(); 0 when abstaining. */
    float score() const noexcept { return hscode_prediction_score(p_); }
    bool truncated() const noexcept { return hscode_prediction_truncated(p_) != 0; }
    std::string classifier() const { return detail::text(hscode_prediction_classifier(p_)); }
    std::string model() const { return detail::text(hscode_prediction_model(p_)); }
    std::string edition() const { return detail::text(hscode_prediction_edition(p_)); }

    std::vector<std::string> candidate_set() const {
        std::vector<std::string> all;
        for (std::size_t i = 0, n = hscode_prediction_set_len(p_); i < n; ++i) {
            hscode_code c = hscode_code();
            hscode_prediction_set_code(p_, i, &c);
            all.push_back(c.digits);
        }
        return all;
    }
    std::vector<Token> tokens() const {
        std::vector<Token> all;
        for (std::size_t i = 0, n = hscode_prediction_token_len(p_); i < n; ++i) {
            hscode_token t = hscode_token();
            hscode_prediction_token(p_, i, &t);
            all.push_back(Token{detail::text(t.text), t.start, t.end, t.contribution});
        }
        return all;
    }
    std::vector<Evidence> evidence() const {
        std::vector<Evidence> all;
        for (std::size_t i = 0, n = hscode_prediction_evidence_len(p_); i < n; ++i) {
            hscode_evidence e = hscode_evidence();
            hscode_prediction_evidence(p_, i, &e);
            all.push_back(Evidence{detail::text(e.text), detail::text(e.source), e.code, e.similarity});
        }
        return all;
    }
    /** The titles from the chapter down to the best code, if `explain` was asked for. */
    std::vector<std::string> path() const {
        std::vector<std::string> all;
        for (std::size_t i = 0, n = hscode_prediction_path_len(p_); i < n; ++i) {
            all.push_back(detail::text(hscode_prediction_path_title(p_, i)));
        }
        return all;
    }
    /** One line of JSON, as the command writes it. */
    Status json(std::uint64_t index, Text description, std::string &out) const {
        hscode_string *line = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code =
            hscode_prediction_json(p_, index, description.bytes(), description.size(), nullptr, &line, &error);
        detail::Owned<hscode_string> owner(line);
        if (code == HSCODE_STATUS_OK) {
            out.assign(hscode_string_data(line), hscode_string_len(line));
        }
        return Status::of(code, error);
    }
#ifdef HSCODE_EXCEPTIONS
    std::string json(std::uint64_t index, Text description) const {
        std::string line;
        detail::check(json(index, description, line));
        return line;
    }
#endif
    const hscode_prediction *get() const noexcept { return p_; }

private:
    friend class Classifier;
    explicit Prediction(hscode_prediction *owned) : p_(owned), owner_(owned, detail::Free()) {}
    Prediction(const hscode_prediction *lent, std::shared_ptr<void> batch) noexcept
        : p_(lent), owner_(std::move(batch)) {}

    const hscode_prediction *p_;
    std::shared_ptr<void> owner_;
};

/** A classifier. */
class Classifier {
public:
    Classifier() noexcept {}
    /** Takes over a handle. */
    explicit Classifier(hscode_classifier *owned) noexcept : p_(owned) {}

    /** The classifier that the library carries. */
    static Status embedded(Classifier &out) {
        hscode_classifier *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code = hscode_classifier_embedded(&made, &error);
        return take(out, made, code, error);
    }
    /** A model package from a folder; `path` is UTF-8. */
    static Status open(const std::string &path, Classifier &out) {
        hscode_classifier *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code = hscode_classifier_open(path.c_str(), &made, &error);
        return take(out, made, code, error);
    }
    /** Classifiers in order; they are shared, and may be destroyed before the cascade. */
    static Status cascade(const std::string &name, const std::vector<const Classifier *> &stages, Classifier &out) {
        std::vector<const hscode_classifier *> handles;
        for (std::size_t i = 0; i < stages.size(); ++i) {
            handles.push_back(stages[i] == nullptr ? nullptr : stages[i]->get());
        }
        hscode_classifier *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code =
            hscode_classifier_cascade(name.c_str(), handles.data(), handles.size(), &made, &error);
        return take(out, made, code, error);
    }
    Status classify(Text description, const Options &options, Prediction &out) const {
        hscode_prediction *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code =
            hscode_classify(get(), description.bytes(), description.size(), options.get(), &made, &error);
        if (code == HSCODE_STATUS_OK) {
            out = Prediction(made);
        }
        return Status::of(code, error);
    }
    /** The predictions keep the order of the descriptions: std::string, std::string_view or Text. */
    template <class Texts>
    Status classify_batch(const Texts &descriptions, const Options &options, std::vector<Prediction> &out) const {
        std::vector<hscode_str> texts;
        for (const auto &description : descriptions) {
            const Text text(description);
            hscode_str s = {text.bytes(), text.size()};
            texts.push_back(s);
        }
        hscode_predictions *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code =
            hscode_classify_batch(get(), texts.data(), texts.size(), options.get(), &made, &error);
        if (code == HSCODE_STATUS_OK) {
            std::shared_ptr<void> batch(made, detail::Free());
            std::vector<Prediction> all;
            for (std::size_t i = 0, n = hscode_predictions_len(made); i < n; ++i) {
                const hscode_prediction *one = nullptr;
                hscode_predictions_get(made, i, &one, nullptr);
                all.push_back(Prediction(one, batch));
            }
            out.swap(all);
        }
        return Status::of(code, error);
    }
#ifdef HSCODE_EXCEPTIONS
    static Classifier embedded() {
        Classifier made;
        detail::check(embedded(made));
        return made;
    }
    static Classifier open(const std::string &path) {
        Classifier made;
        detail::check(open(path, made));
        return made;
    }
    static Classifier cascade(const std::string &name, const std::vector<const Classifier *> &stages) {
        Classifier made;
        detail::check(cascade(name, stages, made));
        return made;
    }
    Prediction classify(Text description, const Options &options = Options()) const {
        Prediction made;
        detail::check(classify(description, options, made));
        return made;
    }
    template <class Texts>
    std::vector<Prediction> classify_batch(const Texts &descriptions, const Options &options = Options()) const {
        std::vector<Prediction> made;
        detail::check(classify_batch(descriptions, options, made));
        return made;
    }
#endif
    std::string name() const { return detail::text(hscode_classifier_name(get())); }
    std::string model() const { return detail::text(hscode_classifier_model(get())); }
    std::string edition() const { return detail::text(hscode_classifier_edition(get())); }
    const hscode_classifier *get() const noexcept { return p_.get(); }

private:
    static Status take(Classifier &out, hscode_classifier *made, hscode_status code, hscode_error *error) {
        if (code == HSCODE_STATUS_OK) {
            out = Classifier(made);
        }
        return Status::of(code, error);
    }
    detail::Owned<hscode_classifier> p_;
};

/** Codes and titles of an edition. */
class Nomenclature {
public:
    Nomenclature() noexcept {}

    static Status embedded(const std::string &edition, Nomenclature &out) {
        hscode_nomenclature *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code = hscode_nomenclature_embedded(edition.c_str(), &made, &error);
        return take(out, made, code, error);
    }
    static Status open(const std::string &path, const std::string &edition, Nomenclature &out) {
        hscode_nomenclature *made = nullptr;
        hscode_error *error = nullptr;
        const hscode_status code = hscode_nomenclature_open(path.c_str(), edition.c_str(), &made, &error);
        return take(out, made, code, error);
    }
    /** The title of a code; empty where the edition has none of it. */
    Status title(const std::string &code, std::string &out) const {
        const char *title = nullptr;
        hscode_error *error = nullptr;
        const hscode_status status = hscode_nomenclature_title(p_.get(), code.c_str(), &title, &error);
        if (status == HSCODE_STATUS_OK) {
            out = detail::text(title);
        }
        return Status::of(status, error);
    }
    Status contains(const std::string &code, bool &out) const {
        std::int32_t there = 0;
        hscode_error *error = nullptr;
        const hscode_status status = hscode_nomenclature_contains(p_.get(), code.c_str(), &there, &error);
        if (status == HSCODE_STATUS_OK) {
            out = there != 0;
        }
        return Status::of(status, error);
    }
    /** The codes right below a code. */
    Status children(const std::string &code, std::vector<std::string> &out) const {
        std::size_t count = 0;
        hscode_error *error = nullptr;
        hscode_status status = hscode_nomenclature_children(p_.get(), code.c_str(), nullptr, 0, &count, &error);
        std::vector<hscode_code> codes(count);
        if (status == HSCODE_STATUS_OK) {
            status = hscode_nomenclature_children(p_.get(), code.c_str(), codes.data(), count, &count, &error);
        }
        if (status == HSCODE_STATUS_OK) {
            out.clear();
            for (std::size_t i = 0; i < codes.size(); ++i) {
                out.push_back(codes[i].digits);
            }
        }
        return Status::of(status, error);
    }
#ifdef HSCODE_EXCEPTIONS
    static Nomenclature embedded(const std::string &edition) {
        Nomenclature made;
        detail::check(embedded(edition, made));
        return made;
    }
    static Nomenclature open(const std::string &path, const std::string &edition) {
        Nomenclature made;
        detail::check(open(path, edition, made));
        return made;
    }
    std::string title(const std::string &code) const {
        std::string title_;
        detail::check(title(code, title_));
        return title_;
    }
    bool contains(const std::string &code) const {
        bool there = false;
        detail::check(contains(code, there));
        return there;
    }
    std::vector<std::string> children(const std::string &code) const {
        std::vector<std::string> below;
        detail::check(children(code, below));
        return below;
    }
#endif
    const hscode_nomenclature *get() const noexcept { return p_.get(); }

private:
    static Status take(Nomenclature &out, hscode_nomenclature *made, hscode_status code, hscode_error *error) {
        if (code == HSCODE_STATUS_OK) {
            out.p_.reset(made);
        }
        return Status::of(code, error);
    }
    detail::Owned<hscode_nomenclature> p_;
};

/** A code of another edition. */
struct Target {
    std::string code;
    hscode_change change;
    hscode_link link;
};

/** The codes of the edition `to` that the goods of a code of the edition `from` may fall under. */
inline Status convert(const std::string &code, const std::string &from, const std::string &to,
                      std::vector<Target> &out) {
    std::size_t count = 0;
    hscode_error *error = nullptr;
    hscode_status status = hscode_convert(code.c_str(), from.c_str(), to.c_str(), nullptr, 0, &count, &error);
    std::vector<hscode_target> targets(count);
    if (status == HSCODE_STATUS_OK) {
        status = hscode_convert(code.c_str(), from.c_str(), to.c_str(), targets.data(), count, &count, &error);
    }
    if (status == HSCODE_STATUS_OK) {
        out.clear();
        for (std::size_t i = 0; i < targets.size(); ++i) {
            out.push_back(Target{targets[i].code, static_cast<hscode_change>(targets[i].change),
                                 static_cast<hscode_link>(targets[i].link)});
        }
    }
    return Status::of(status, error);
}

/** A fault of a description. */
struct Finding {
    hscode_finding_reason reason;
    hscode_verdict verdict;
    std::size_t start, end;
    std::string term, advice;
};

/** What is wrong with a description. */
struct Check {
    hscode_verdict verdict = HSCODE_VERDICT_ACCEPTABLE;
    std::vector<Finding> findings;
};

/** Would customs take this description? */
inline Status check(Text description, Check &out) {
    hscode_findings *made = nullptr;
    hscode_error *error = nullptr;
    const hscode_status status = hscode_check(description.bytes(), description.size(), &made, &error);
    detail::Owned<hscode_findings> owner(made);
    if (status == HSCODE_STATUS_OK) {
        Check checked;
        checked.verdict = static_cast<hscode_verdict>(hscode_findings_verdict(made));
        for (std::size_t i = 0, n = hscode_findings_len(made); i < n; ++i) {
            hscode_finding f = hscode_finding();
            hscode_findings_get(made, i, &f);
            checked.findings.push_back(Finding{static_cast<hscode_finding_reason>(f.reason),
                                               static_cast<hscode_verdict>(f.verdict), f.start, f.end,
                                               detail::text(f.term), detail::text(f.advice)});
        }
        out = std::move(checked);
    }
    return Status::of(status, error);
}

#ifdef HSCODE_EXCEPTIONS
inline std::vector<Target> convert(const std::string &code, const std::string &from, const std::string &to) {
    std::vector<Target> targets;
    detail::check(convert(code, from, to, targets));
    return targets;
}
inline Check check(Text description) {
    Check checked;
    detail::check(check(description, checked));
    return checked;
}
#endif

} // namespace hscode

#endif
