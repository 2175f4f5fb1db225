// One classifier, several threads: the library starts none, so the host decides how many there are.
//
//   c++ -std=c++17 -pthread threads.cpp -o threads $(pkg-config --cflags --libs hscode) && ./threads
#include <hscode.hpp>

#include <atomic>
#include <iostream>
#include <string_view>
#include <thread>

int main() {
    const std::vector<std::string_view> goods = {
        "mens cotton crew neck tee",     "roasted coffee beans",       "stainless steel kitchen knife",
        "gift",                          "lithium ion battery",        "wooden dining table",
        "rubber tyres for passenger cars", "ceramic floor tiles",      "frozen shrimp, peeled",
        "womens leather ankle boots",
    };
    try {
        const auto classifier = hscode::Classifier::embedded();
        std::vector<std::string> codes(goods.size());
        std::atomic<std::size_t> next{0};
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                hscode::Prediction prediction;
                for (std::size_t i; (i = next++) < goods.size();) {
                    // No exception leaves a thread: the call that returns a status.
                    const auto status = classifier.classify(goods[i], hscode::Options(), prediction);
                    codes[i] = status ? prediction.code() : status.message();
                }
            });
        }
        for (auto &thread : threads) {
            thread.join();
        }
        for (std::size_t i = 0; i < goods.size(); ++i) {
            std::cout << goods[i] << ": " << (codes[i].empty() ? "ask a person" : codes[i]) << '\n';
        }
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
