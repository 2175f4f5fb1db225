// hscode.hpp used rightly and wrongly: C++11, C++17 with string_view, and without exceptions.
#include <hscode.hpp>

#include "check.h"

#ifdef HSCODE_STRING_VIEW
#define VIEW_TESTED 1
#else
#define VIEW_TESTED 0
#endif

static const char *TEE = "mens cotton crew neck tee";

static void statuses() {
    hscode::Classifier classifier;
    hscode::Prediction p;
    hscode::Status s = classifier.classify("tea", hscode::Options(), p);
    CHECK(!s.ok() && s.code() == HSCODE_STATUS_NULL_ARGUMENT);
    CHECK(s.message().find("classifier") != std::string::npos);
    CHECK(p.size() == 0 && p.decision().abstained() && p.model().empty());
    CHECK(hscode::Classifier::embedded(classifier).ok());
    CHECK(classifier.classify(std::string(TEE), hscode::Options().top_k(2).within("61"), p).ok());
    CHECK(p.size() == 2);
    CHECK(p.candidate(0).code == "610910");
    s = hscode::Classifier::open("/no/such/package", classifier);
    CHECK(s.code() == HSCODE_STATUS_PACKAGE);
    CHECK(!classifier.edition().empty()); // a failure leaves the object as it was
    hscode::Prediction other = std::move(p);
    CHECK(other.candidates().size() == 2);
    std::string line;
    CHECK(other.json(3, TEE, line).ok() && line.find("{\"index\":3,") == 0);
    hscode::Nomenclature n;
    CHECK(hscode::Nomenclature::embedded("HS2022", n).ok());
    std::string title;
    CHECK(n.title("6109", title).ok() && !title.empty());
    std::vector<std::string> below;
    CHECK(n.children("6109", below).ok() && below.size() == 2 && below[0] == "610910");
    bool there = true;
    CHECK(n.contains("851712", there).ok() && !there);
    CHECK(n.title("851712", title).code() == HSCODE_STATUS_UNKNOWN_CODE);
    std::vector<hscode::Target> targets;
    CHECK(hscode::convert("851712", "HS2017", "HS2022", targets).ok());
    CHECK(targets.size() >= 2 && targets[0].code == "851713" && targets[0].change == HSCODE_CHANGE_SPLIT);
    hscode::Check checked;
    CHECK(hscode::check("gift", checked).ok());
    CHECK(checked.verdict == HSCODE_VERDICT_REFUSE && checked.findings.size() == 1);
    CHECK(checked.findings[0].term == "gift");
    std::vector<hscode::Prediction> many;
    std::vector<std::string> texts(3, TEE);
    CHECK(classifier.classify_batch(texts, hscode::Options(), many).ok() && many.size() == 3);
    hscode::Prediction last = many[2]; // keeps the batch alive
    many.clear();
    CHECK(last.candidate(0).code == "610910");
    const hscode::Text bad[] = {hscode::Text("fine"), hscode::Text("\xFF")};
    CHECK(classifier.classify_batch(bad, hscode::Options(), many).code() == HSCODE_STATUS_INVALID_INPUT);
}

#ifdef HSCODE_EXCEPTIONS
template <class Call> static hscode_status thrown_by(Call call) {
    try {
        call();
    } catch (const hscode::Error &error) {
        CHECK(std::string(error.what()).size() > 5);
        return error.code();
    }
    return HSCODE_STATUS_OK;
}

static void exceptions() {
    const auto classifier = hscode::Classifier::embedded();
    const auto p = classifier.classify(TEE, hscode::Options().explain().coverage(0.9f));
    CHECK(!p.code().empty() && p.score() > 0.0f);
    CHECK(!p.candidate_set().empty() && !p.tokens().empty() && p.path().size() >= 2);
    CHECK(p.tokens()[0].text == "mens" && p.evidence().size() <= 20);
    CHECK(p.edition() == "HS2022" && p.classifier().size() > 2 && !p.truncated());
    CHECK(p.json(0, TEE).find("\"explanation\"") != std::string::npos);
    CHECK(thrown_by([&] { classifier.classify("\xE9"); }) == HSCODE_STATUS_INVALID_INPUT);
    CHECK(thrown_by([&] { classifier.classify(TEE, hscode::Options().within("61091")); }) ==
          HSCODE_STATUS_INVALID_INPUT);
    CHECK(thrown_by([&] { classifier.classify(TEE, hscode::Options().within(std::string(99, '1'))); }) ==
          HSCODE_STATUS_INVALID_INPUT);
    CHECK(thrown_by([] { hscode::Classifier::open("/no/such/package"); }) == HSCODE_STATUS_PACKAGE);
    CHECK(thrown_by([] { hscode::Nomenclature::embedded("HS1900"); }) == HSCODE_STATUS_EDITION_MISMATCH);
    CHECK(thrown_by([] { hscode::convert("851713", "HS2017", "HS2022"); }) == HSCODE_STATUS_UNKNOWN_CODE);
    CHECK(thrown_by([] { hscode::check(hscode::Text("\xFF", 1)); }) == HSCODE_STATUS_INVALID_INPUT);
    hscode::Classifier both;
    {
        const auto first = hscode::Classifier::embedded();
        const auto second = hscode::Classifier::embedded();
        both = hscode::Classifier::cascade("both", {&first, &second});
    }
    CHECK(both.name() == "both" && both.classify(TEE).candidate(0).code == "610910");
    CHECK(thrown_by([&] { hscode::Classifier::cascade("none", {nullptr}); }) == HSCODE_STATUS_NULL_ARGUMENT);
#if VIEW_TESTED
    using namespace std::string_view_literals;
    const std::vector<std::string_view> views = {"roasted coffee beans and more"sv.substr(0, 20), "gift"sv};
    const auto many = classifier.classify_batch(views);
    CHECK(many.size() == 2 && many[0].candidate(0).code.compare(0, 4, "0901") == 0 && many[1].decision().abstained());
    CHECK(classifier.classify("gift"sv).decision().reason == HSCODE_REASON_VAGUE);
#endif
}
#endif

int main() {
    statuses();
#ifdef HSCODE_EXCEPTIONS
    exceptions();
#endif
    std::printf("surface.cpp: %d checks passed\n", checks_done);
    return 0;
}
