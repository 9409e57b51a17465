// The one table: what was measured, beside what it is measured against, beside the goal.
#pragma once

#include <cstdio>
#include <string>

namespace bench {

/// What a ratio, or a number where there is nothing to compare it with, is meant to be.
struct goal {
    enum class direction { none, at_least, at_most } way = direction::none;
    double value = 0;

    static goal at_least(double value) { return {direction::at_least, value}; }
    static goal at_most(double value) { return {direction::at_most, value}; }
    bool met_by(double ratio) const { return way == direction::at_least ? ratio >= value : ratio <= value; }
};

inline std::string number(const char* format, double value, const char* unit = "") {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text) + unit;
}

class table {
public:
    /// Where times are not judged, only numbers that are the same in every run are.
    explicit table(bool judges_times) : judges_times_(judges_times) {
        line("", "spantls", "other", "ratio", "goal", "met");
    }

    void title(const std::string& text) { std::printf("\n%s\n", text.c_str()); }

    /// A ratio of times. It is rounded as it is shown before it is judged.
    void ratio(const std::string& what, const std::string& ours, const std::string& other, double value,
               goal wanted = {}) {
        const std::string shown = number("%.2f", value);
        line(what, ours, other, shown, text_of(wanted, "%.2f"),
             judges_times_ ? verdict(wanted, std::stod(shown)) : "-");
    }
    /// A time, or what else differs from run to run.
    void time(const std::string& what, double value, const char* unit, goal wanted) {
        line(what, number("%.2f", value, unit), "", "", text_of(wanted, "%g"),
             judges_times_ ? verdict(wanted, value) : "-");
    }
    /// A number that is the same in every run.
    void count(const std::string& what, double value, const std::string& other = "", goal wanted = {}) {
        line(what, number("%.0f", value), other, "", text_of(wanted, "%.0f"), verdict(wanted, value));
    }

private:
    static void line(const std::string& what, const std::string& ours, const std::string& other,
                     const std::string& ratio, const std::string& goal, const std::string& met) {
        std::printf("%-46s %13s %13s %7s %9s %4s\n", what.c_str(), ours.c_str(), other.c_str(), ratio.c_str(),
                    goal.c_str(), met.c_str());
        std::fflush(stdout);
    }
    static std::string text_of(goal wanted, const char* format) {
        if (wanted.way == goal::direction::none) return "";
        return (wanted.way == goal::direction::at_least ? ">= " : "<= ") + number(format, wanted.value);
    }
    static std::string verdict(goal wanted, double value) {
        if (wanted.way == goal::direction::none) return "";
        return wanted.met_by(value) ? "yes" : "NO";
    }

    bool judges_times_;
};

}  // namespace bench
