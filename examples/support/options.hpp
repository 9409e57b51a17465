// Command line: words, and options that begin with "-", each with a value or none.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

class options {
public:
    /// Ends the program with `usage` when there is an option that is in neither list.
    options(int argc, char** argv, std::string_view usage, std::initializer_list<std::string_view> with_value,
            std::initializer_list<std::string_view> flags = {}) {
        for (int i = 1; i < argc; ++i) {
            const std::string word = argv[i];
            if (!word.starts_with("-"))
                words.push_back(word);
            else if (contains(flags, word))
                values_[word] = "yes";
            else if (contains(with_value, word) && i + 1 < argc)
                values_[word] = argv[++i];
            else
                end_with(usage);
        }
        usage_ = usage;
    }

    std::vector<std::string> words;

    bool has(const std::string& name) const { return values_.contains(name); }
    std::string value(const std::string& name, const std::string& otherwise = {}) const {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }
    long number(const std::string& name, long otherwise) const {
        return has(name) ? std::strtol(value(name).c_str(), nullptr, 10) : otherwise;
    }
    /// One that has to be there.
    std::string required(const std::string& name) const {
        if (!has(name)) end_with(usage_);
        return value(name);
    }
    [[noreturn]] static void end_with(std::string_view usage) {
        std::cerr << usage;
        std::exit(2);
    }

private:
    static bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
        for (const std::string_view one : names)
            if (one == name) return true;
        return false;
    }

    std::map<std::string, std::string> values_;
    std::string_view usage_;
};

}  // namespace examples
