// The ids of `--ids-from -`: however the bytes come, they are the lines of the text. The first byte says how they come.

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <vector>

#include "cli/id_reader.h"
#include "engine/base/limits.h"
#include "engine/base/printable.h"
#include "engine/decide/image_id.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

// Gives at most `step` bytes at a time, as a pipe does.
class Pipe final : public std::streambuf {
 public:
  Pipe(std::string_view text, std::size_t step) : text_(text), step_(step) {}

 protected:
  int_type underflow() override {
    if (at_ == text_.size()) return traits_type::eof();
    const std::size_t count = std::min(step_, text_.size() - at_);
    setg(text_.data() + at_, text_.data() + at_, text_.data() + at_ + count);
    at_ += count;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_{};
};

struct Ids {
  std::vector<std::string> ids;
  std::optional<std::size_t> bad_line;
};

Ids read_lines(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  Ids read;
  for (std::size_t line = 1; !text.empty(); ++line) {
    std::string_view id = fuzz::take_line(text);
    const std::size_t size = id.size();
    const bool has_mark = line == 1 && id.starts_with("\xef\xbb\xbf");
    id.remove_prefix(std::min(id.find_first_not_of(kBlank), id.size()));
    id.remove_suffix(id.size() - (id.find_last_not_of(kBlank) + 1));
    if (has_mark || size > limits::kMaxIdLineBytes || !check_image_id(id)) {
      read.bad_line = line;
      break;
    }
    if (!id.empty()) read.ids.emplace_back(id);
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  const Ids expected = read_lines(text);
  Pipe pipe(text, std::size_t{1} + data[0] / 2U);
  std::istream in(&pipe);
  cli::Environment environment;
  environment.in = &in;
  auto reader = cli::IdReader::open("-", environment);
  fuzz::require(reader.has_value(), "standard input is open");
  for (const std::string& id : expected.ids) {
    if ((data[0] & 1U) != 0) static_cast<void>(reader->is_ready());
    const auto next = reader->next();
    fuzz::require(next && *next == id, "each line is an id");
  }
  const auto end = reader->next();
  if (!expected.bad_line) {
    fuzz::require(end && !*end, "nothing after the last line");
    return 0;
  }
  fuzz::require(!end && end.error().code == Errc::kMalformedInput, "a bad line is refused");
  const std::string& message = end.error().message;
  fuzz::require(message.starts_with("-:" + std::to_string(*expected.bad_line) + ": "), "the message names the line");
  fuzz::require(printable(message).find_first_of("\r\n") == std::string::npos, "an error is shown in one line");
  return 0;
}
