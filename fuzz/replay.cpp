// Runs every target over its part of the kept corpus, without libFuzzer: replay DIRECTORY [TARGET [FILE]]. One line of
// TAP for each target.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/target.hpp"

namespace {

namespace fs = std::filesystem;

void replay(const fuzz::registered& target, const fs::path& file) {
    const std::string name = file.string();
    fuzz::now_replayed = name.c_str();
    std::ifstream from(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(from), {}};
    // In memory of exactly its size, and without any when there are no bytes.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    target.run(input);
    fuzz::now_replayed = nullptr;
}

std::vector<fs::path> files_in(const fs::path& directory) {
    std::vector<fs::path> files;
    if (!fs::is_directory(directory)) return files;
    for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc < 2) return 2;
    int count = 0;
    bool all_good = true;
    for (const fuzz::registered* target = fuzz::registered::first; target != nullptr; target = target->next) {
        if (argc > 2 && argv[2] != std::string(target->name)) continue;
        const auto files = argc > 3 ? std::vector<fs::path>{argv[3]} : files_in(fs::path(argv[1]) / target->name);
        for (const fs::path& file : files) replay(*target, file);
        // A corpus that is lost would otherwise pass for good.
        std::printf("%s %d - %s: %zu inputs\n", files.empty() ? "not ok" : "ok", ++count, target->name, files.size());
        all_good = all_good && !files.empty();
    }
    std::printf("1..%d\n", count);
    return all_good && count != 0 ? 0 : 1;
}
