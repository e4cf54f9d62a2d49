#include "engine/decide/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "engine/base/json_tree.h"
#include "engine/base/json_writer.h"
#include "engine/base/limits.h"
#include "engine/base/printable.h"
#include "engine/base/suggest.h"
#include "engine/decide/predicates.h"
#include "engine/rules/facts.h"

namespace imagewarden {
namespace {

using rules::FactInfo;
using rules::FactType;

struct Field {
  std::string_view name;
  std::string_view key;
};
// Short names of facts. Every other fact of an image goes by its key.
constexpr Field kFields[] = {{"id", "image:Id"},
                             {"name", "image:Name"},
                             {"type", "image:ImageType"},
                             {"status", "image:Status"},
                             {"product", "image:ProductType"},
                             {"owner", "image:Owner"},
                             {"region", "image:Regions"},
                             {"size", "image:SizeGiB"},
                             {"age", "image:AgeDays"},
                             {"created", "image:CreatedAt"}};

// A test that is one word. Its JSON is the `when` of a rule: any of them, each with what settles it.
struct Word {
  std::string_view name;
  bool negated{};
  std::string_view json;
};
// Facts that an export need not hold for an image of another product line are settled as in the rules.
constexpr std::string_view kUsed = R"([
  {"when": {"StringLike": {"image:DeliveryGroups": "*"}}, "unless": ["CloudDesktop", "WuyingServer"]},
  {"when": {"StringLike": {"image:Workstations": "*"}}, "unless": ["CloudDesktop", "CloudApp"]},
  {"when": {"StringLike": {"image:DesktopGroups": "*"}}, "unless": ["CloudApp", "WuyingServer"]},
  {"when": {"StringLike": {"image:PooledDesktops": "*"}}, "unless": ["CloudApp", "WuyingServer"]},
  {"when": {"StringLike": {"image:CloudComputers": "*"}}, "unless": ["CloudApp", "WuyingServer"]}])";
constexpr std::string_view kShared = R"([
  {"when": {"StringLike": {"image:SharedWith": "*"}}},
  {"when": {"NumericGreaterThan": {"image:SharedCount": "0"}}}])";
constexpr std::string_view kOwned = R"([{"when": {"Bool": {"image:OwnedByAccount": "true"}}}])";
constexpr Word kWords[] = {
    {"unused", true, kUsed}, {"used", false, kUsed}, {"shared", false, kShared}, {"owned", false, kOwned}};

enum class Kind : std::uint8_t { kEnd, kWord, kQuoted, kOpen, kClose, kComma, kOperator };

struct Token {
  Kind kind{};
  std::string text;  // of a quoted one: without its quotes
  std::size_t column{};
};

constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

// One text, one parser: tokens, then operators by precedence on a stack, so that no nesting needs recursion.
class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  Result<ImageFilter> parse() {
    if (text_.size() > limits::kMaxFilterBytes)
      return fail(Errc::kLimit, fmt::format("{} bytes, expected at most {}", text_.size(), limits::kMaxFilterBytes));
    if (!is_valid_utf8(text_)) return fail(Errc::kUsage, "not UTF-8");
    next();
    while (error_.empty()) {
      if (!parse_operand()) continue;
      if (parse_operator()) break;
    }
    if (!error_.empty()) return fail(code_, std::move(error_));
    return std::move(filter_);
  }

 private:
  using Op = ImageFilter::Op;
  enum class Pending : std::uint8_t { kOpen, kOr, kAnd, kNot };  // the higher, the closer it binds

  void next() {
    const std::size_t begin = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    token_ = {Kind::kEnd, {}, begin + 1};
    at_ = begin;
    if (begin == text_.size()) return;
    const char first = text_[begin];
    constexpr std::string_view kSpecial = "()=!<>~,'\"";
    if (first == '\'' || first == '"') {
      read_quoted(first);
    } else if (kSpecial.find(first) == std::string_view::npos) {
      const std::size_t end =
          std::min(text_.find_first_of(std::string(kSpecial) + std::string(kBlanks), begin), text_.size());
      token_.kind = Kind::kWord;
      token_.text = text_.substr(begin, end - begin);
      at_ = end;
    } else {
      constexpr std::string_view kOperators[] = {"==", "!=", "!~", "<=", ">=", "=", "<", ">", "~"};
      token_.kind = first == '('   ? Kind::kOpen
                    : first == ')' ? Kind::kClose
                    : first == ',' ? Kind::kComma
                                   : Kind::kOperator;
      token_.text = first;
      for (const std::string_view one : kOperators) {
        if (text_.substr(begin).starts_with(one)) {
          token_.text = one;
          break;
        }
      }
      at_ = begin + token_.text.size();
    }
  }

  // A quote inside is doubled.
  void read_quoted(char quote) {
    token_.kind = Kind::kQuoted;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        token_.text += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        token_.text += text_[at_++];
      } else {
        ++at_;
        return;
      }
    }
    complain(fmt::format("column {}: the quote is not closed, expected `{}`", token_.column, quote));
  }

  void complain(std::string message, Errc code = Errc::kUsage) {
    if (!error_.empty()) return;
    error_ = std::move(message);
    code_ = code;
  }
  bool expected(std::string_view what) {
    const std::string found = token_.kind == Kind::kEnd ? "the end" : fmt::format("`{}`", printable(token_.text));
    complain(fmt::format("column {}: found {}, expected {}", token_.column, found, what));
    return false;
  }
  bool is_word(std::string_view word) const { return token_.kind == Kind::kWord && token_.text == word; }

  // False: there may be more before the operand is complete, or it is wrong.
  bool parse_operand() {
    if (is_word("not")) {
      pending_.push_back(Pending::kNot);
      next();
      return false;
    }
    if (token_.kind == Kind::kOpen) {
      pending_.push_back(Pending::kOpen);
      opened_.push_back(token_.column);
      next();
      return false;
    }
    return parse_test();
  }

  // After an operand. True: that was the end.
  bool parse_operator() {
    while (token_.kind == Kind::kClose && error_.empty()) {
      if (opened_.empty()) return expected("`and`, `or` or the end, as no `(` is open");
      apply_down_to(Pending::kOr);
      pending_.pop_back();
      opened_.pop_back();
      next();
    }
    if (!error_.empty()) return false;
    if (token_.kind == Kind::kEnd) {
      if (!opened_.empty()) return expected(fmt::format("`)` for the `(` of column {}", opened_.back()));
      apply_down_to(Pending::kOr);
      return true;
    }
    if (!is_word("and") && !is_word("or"))
      return expected(opened_.empty() ? "`and`, `or` or the end" : "`and`, `or` or `)`");
    const Pending op = is_word("and") ? Pending::kAnd : Pending::kOr;
    apply_down_to(op);
    pending_.push_back(op);
    next();
    return false;
  }

  // Writes the waiting operators that bind at least as closely.
  void apply_down_to(Pending least) {
    while (!pending_.empty() && pending_.back() >= least) {
      const Pending op = pending_.back();
      filter_.steps_.push_back({op == Pending::kNot ? Op::kNot : op == Pending::kAnd ? Op::kAnd : Op::kOr, 0});
      pending_.pop_back();
    }
  }

  void add_test(std::vector<rules::Alternative> when, bool negated) {
    if (filter_.tests_.size() == limits::kMaxFilterTests) {
      complain(fmt::format("column {}: more than {} tests", token_.column, limits::kMaxFilterTests), Errc::kLimit);
    }
    rules::Rule rule;
    rule.when = std::move(when);
    filter_.steps_.push_back({Op::kTest, static_cast<std::uint32_t>(filter_.tests_.size())});
    filter_.tests_.push_back(std::move(rule));
    if (negated) filter_.steps_.push_back({Op::kNot, 0});
  }

  bool parse_test() {
    if (token_.kind != Kind::kWord) return expected("a test: `unused`, `age > 90d`, `tag KEY`, …");
    for (const Word& word : kWords) {
      if (token_.text != word.name) continue;
      add_test(compile_word(word.json), word.negated);
      next();
      return error_.empty();
    }
    if (is_word("tag")) return parse_tag();
    std::string key = token_.text;
    for (const Field& field : kFields) {
      if (token_.text == field.name) key = field.key;
    }
    const FactInfo* info = key.starts_with("image:") ? rules::find_fact(Key::of(key)) : nullptr;
    if (info == nullptr) return expected(fmt::format("a test{}", suggestion()));
    next();
    return parse_comparison(key, *info, false);
  }

  std::string suggestion() const {
    std::vector<std::string_view> names{"tag", "not"};
    for (const Word& word : kWords) names.push_back(word.name);
    for (const Field& field : kFields) names.push_back(field.name);
    if (const auto nearest = nearest_name(token_.text, names)) return fmt::format(", did you mean `{}`?", *nearest);
    names.erase(names.begin() + 1);
    return fmt::format(": {}, or the key of a fact as image:BizType", fmt::join(names, ", "));
  }

  bool parse_tag() {
    next();
    if ((token_.kind != Kind::kWord && token_.kind != Kind::kQuoted) || token_.text.empty())
      return expected("the key of a tag");
    const std::string key = "image:Tag/" + token_.text;
    next();
    return parse_comparison(key, *rules::find_fact(Key::of(key)), true);
  }

  // What follows a fact: an operator and a value. A tag alone is a test of whether it is there.
  bool parse_comparison(const std::string& key, const FactInfo& info, bool alone) {
    if (is_word("in")) return parse_list(key, info);
    if (token_.kind != Kind::kOperator) {
      if (!alone) return expected(operators_of(info.type));
      // A tag that is there has a value, and every value is like `*`.
      return compile_test(key, "StringLike", {"*"}, false);
    }
    const std::string op = token_.text;
    const auto name = operator_for(info.type, op);
    if (!name) return expected(operators_of(info.type));
    next();
    auto value = read_value(info);
    if (!value) return false;
    return compile_test(key, *name, {std::move(*value)}, op.starts_with('!'));
  }

  bool parse_list(const std::string& key, const FactInfo& info) {
    const auto name = operator_for(info.type, "=");
    next();
    if (token_.kind != Kind::kOpen) return expected("`(`");
    std::vector<std::string> values;
    do {
      next();
      auto value = read_value(info);
      if (!value) return false;
      values.push_back(std::move(*value));
    } while (token_.kind == Kind::kComma);
    if (token_.kind != Kind::kClose) return expected("`,` or `)`");
    next();
    return compile_test(key, *name, values, false);
  }

  static std::string_view operators_of(FactType type) {
    switch (type) {
      case FactType::kNumber:
      case FactType::kDate:
        return "an operator: = != < <= > >= or `in`";
      case FactType::kBool:
        return "an operator: = != or `in`";
      case FactType::kString:
      case FactType::kStrings:
        break;
    }
    return "an operator: = != ~ !~ or `in`";
  }

  // The condition operator; a negated one is that of its opposite.
  static std::optional<std::string> operator_for(FactType type, std::string_view op) {
    const bool is_equal = op == "=" || op == "==" || op == "!=";
    if (type == FactType::kString || type == FactType::kStrings) {
      if (is_equal) return "StringEquals";
      if (op == "~" || op == "!~") return "StringLike";
      return std::nullopt;
    }
    if (type == FactType::kBool) return is_equal ? std::optional<std::string>("Bool") : std::nullopt;
    const std::string family = type == FactType::kDate ? "Date" : "Numeric";
    if (is_equal) return family + "Equals";
    if (op == "<") return family + "LessThan";
    if (op == "<=") return family + "LessThanEquals";
    if (op == ">") return family + "GreaterThan";
    if (op == ">=") return family + "GreaterThanEquals";
    return std::nullopt;
  }

  // The value as a condition has it, and the next token. Nothing: it is wrong.
  std::optional<std::string> read_value(const FactInfo& info) {
    if (token_.kind != Kind::kWord && token_.kind != Kind::kQuoted) {
      expected("a value");
      return std::nullopt;
    }
    std::string value = token_.text;
    if (info.fact == rules::Fact::kAgeDays) {
      const auto days = parse_days(value);
      if (!days) {
        expected("a number of days or weeks as 90d or 12w");
        return std::nullopt;
      }
      value = fmt::format("{}", *days);
    } else if (info.fact == rules::Fact::kSizeGib && value.ends_with("GiB")) {
      value.resize(value.size() - 3);
    }
    std::string_view wanted;
    if (info.type == FactType::kNumber && !Decimal::parse(value)) wanted = "a number";
    if (info.type == FactType::kBool && value != "true" && value != "false") wanted = "true or false";
    if (info.type == FactType::kDate) {
      constexpr std::size_t kDay = 10;  // `2026-11-24` alone is the beginning of that day
      if (value.size() == kDay) value += "T00:00:00Z";
      if (!parse_rfc3339(value)) wanted = "a time as 2026-11-24 or 2026-11-24T08:00:00Z";
    }
    if (!wanted.empty()) {
      expected(wanted);
      return std::nullopt;
    }
    next();
    if (!error_.empty()) return std::nullopt;
    return value;
  }

  static std::optional<std::int64_t> parse_days(std::string_view text) {
    std::int64_t factor = 1;
    if (text.ends_with('d') || text.ends_with('w')) {
      factor = text.back() == 'w' ? 7 : 1;
      text.remove_suffix(1);
    }
    std::int64_t number = 0;
    constexpr std::int64_t kMost = 1'000'000;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > kMost) return std::nullopt;
    return number * factor;
  }

  bool compile_test(const std::string& key, std::string_view op, const std::vector<std::string>& values, bool negated) {
    std::string json;
    JsonWriter writer(json);
    writer.begin_object().key(op).begin_object().key(key).begin_array();
    for (const std::string& value : values) writer.string(value);
    writer.end_array().end_object().end_object();
    const auto document = JsonDocument::parse(json);
    if (document) {
      if (auto condition = compile_condition(document->root(), Readings{})) {
        rules::Alternative alternative;
        alternative.when = std::move(*condition);
        add_test({std::move(alternative)}, negated);
        return error_.empty();
      }
    }
    return expected("a value that a condition can hold");
  }

  // Of the texts above only.
  static std::vector<rules::Alternative> compile_word(std::string_view json) {
    std::vector<rules::Alternative> when;
    const auto document = JsonDocument::parse(json);
    if (!document) return when;
    for (const JsonValue& item : document->root().items) {
      rules::Alternative alternative;
      if (auto condition = compile_condition(*item.find("when"), Readings{})) alternative.when = std::move(*condition);
      if (const JsonValue* products = item.find("unless")) alternative.settled_when = product_is_one_of(*products);
      when.push_back(std::move(alternative));
    }
    return when;
  }

  static Condition product_is_one_of(const JsonValue& products) {
    Atom atom;
    atom.key = Key::of("image:ProductType");
    for (const JsonValue& product : products.items) atom.values.push_back(Value::of_string(product.text));
    atom.value_offsets.assign(atom.values.size(), 0);
    return {{std::move(atom)}};
  }

  std::string_view text_;
  std::size_t at_{};
  Token token_;
  std::vector<Pending> pending_;
  std::vector<std::size_t> opened_;  // columns
  ImageFilter filter_;
  std::string error_;
  Errc code_{Errc::kUsage};
};

Result<ImageFilter> ImageFilter::parse(std::string_view text) { return FilterParser(text).parse(); }

std::vector<Tri> ImageFilter::evaluate(const Snapshot& snapshot, AccountId account, Time now) const {
  const Account& owner = snapshot.accounts()[account.value];
  std::vector<Tri> picked(owner.row_count);
  const Context context;
  const FactScope scope{snapshot, account, Tri::kUnknown, context, now};
  const Predicates predicates(scope, tests_);
  std::vector<TriWord> words(tests_.size());
  std::vector<TriWord> stack;
  for (std::uint32_t done = 0; done < owner.row_count; done += kBlockRows) {
    const std::size_t count = std::min<std::size_t>(kBlockRows, owner.row_count - done);
    predicates.violations(owner.first_row + done, count, words);
    stack.clear();
    for (const Step step : steps_) {
      if (step.op == Op::kTest) {
        stack.push_back(words[step.test]);
        continue;
      }
      const TriWord top = stack.back();
      if (step.op == Op::kNot) {
        stack.back() = {~top.may_hold, ~top.holds};
        continue;
      }
      stack.pop_back();
      stack.back() = step.op == Op::kAnd ? stack.back() & top : stack.back() | top;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const TriWord row{stack.back().holds >> i, stack.back().may_hold >> i};
      picked[done + i] = row.first();
    }
  }
  return picked;
}

}  // namespace imagewarden
