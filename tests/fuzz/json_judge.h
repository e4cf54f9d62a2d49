#pragma once
// What nlohmann::json makes of a text, put so that it can be compared with our readers to the letter. Where the two
// readers differ it is stated here, and nowhere else:
// - A byte order mark: it is skipped there and refused here.
// - A NUL outside of a string ends the text there; here it is a fault, as it is no JSON.
// - A number beyond a double is a fault there; here numbers are kept as text, so it is as good as any other.
// - Nesting: any depth there, at most limits::kMaxJsonDepth here.
// - A key twice: the last one counts there; the tree and known objects of an export refuse it here, what is skipped
//   unread does not look.
// - A document beyond limits::kMaxTreeBytes: taken there, refused by the tree. No input here is that long.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace imagewarden::fuzz {

struct JsonVerdict {
  bool is_json{};
  std::size_t depth{};
  bool repeats_key{};
};

class JsonJudge : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& name) override {
    verdict.repeats_key = !open_.back().insert(name).second || verdict.repeats_key;
    return true;
  }
  bool start_object(std::size_t /*elements*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*elements*/) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    overflows = error.id == kNumberOverflow;
    overflow_end = position;
    overflow_size = token.size();
    return false;
  }

  JsonVerdict verdict;
  bool overflows{};
  std::size_t overflow_end{};
  std::size_t overflow_size{};

 private:
  bool enter() {
    open_.emplace_back();
    verdict.depth = std::max(verdict.depth, open_.size());
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  std::vector<std::set<std::string>> open_;
};

inline JsonVerdict judge(std::string_view given) {
  if (given.starts_with("\xef\xbb\xbf") || given.find('\0') != std::string_view::npos) return {};
  std::string text(given);
  while (true) {
    JsonJudge judge;
    judge.verdict.is_json = nlohmann::json::sax_parse(text, &judge);
    if (!judge.overflows) return judge.verdict;
    // In the place of the number a short one.
    text.replace(judge.overflow_end - judge.overflow_size, judge.overflow_size,
                 "0" + std::string(judge.overflow_size - 1, ' '));
  }
}

}  // namespace imagewarden::fuzz
