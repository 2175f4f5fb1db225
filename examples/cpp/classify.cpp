// Owners, exceptions and options in C++11.
//
//   c++ -std=c++11 classify.cpp -o classify $(pkg-config --cflags --libs hscode) && ./classify "wooden dining table"
#include <hscode.hpp>

#include <iomanip>
#include <iostream>

int main(int argc, char **argv) {
    const std::string text = argc > 1 ? argv[1] : "mens cotton crew neck tee";
    try {
        const auto classifier = hscode::Classifier::embedded();
        const auto titles = hscode::Nomenclature::embedded(classifier.edition());
        const auto prediction = classifier.classify(text, hscode::Options().top_k(3).explain());
        const auto decision = prediction.decision();

        std::cout << std::fixed << std::setprecision(2);
        if (decision.abstained()) {
            std::cout << "ask a person";
            for (const auto &finding : hscode::check(text).findings) {
                std::cout << ": " << finding.advice;
            }
            std::cout << '\n';
        } else {
            std::cout << (decision.accepted() ? "declare " : "only sure of ") << decision.code << ' '
                      << prediction.score() << "  " << titles.title(decision.code) << '\n';
        }
        for (const auto &candidate : prediction.candidates()) {
            std::cout << "  " << candidate.code << ' ' << candidate.score << "  " << titles.title(candidate.code)
                      << '\n';
        }
        for (const auto &evidence : prediction.evidence()) {
            std::cout << "  like \"" << evidence.text << "\" (" << evidence.code << ", " << evidence.similarity
                      << ")\n";
        }
    } catch (const hscode::Error &error) {
        std::cerr << hscode_status_name(error.code()) << ": " << error.what() << '\n';
        return 1;
    }
}
