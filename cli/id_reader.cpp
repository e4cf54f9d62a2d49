#include "cli/id_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/limits.h"
#include "engine/decide/image_id.h"
#include "engine/inventory/small_file.h"

namespace imagewarden::cli {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 16U;
constexpr std::string_view kBlank = " \t\r";

}  // namespace

Result<IdReader> IdReader::open(const std::string& path, Environment& environment) {
  IdReader reader(path);
  if (path == "-") {
    reader.in_ = environment.in;
    return reader;
  }
  auto file = read_small_file(path, "list of ids");
  if (!file) return tl::make_unexpected(file.error());
  reader.text_ = std::move(*file);
  return reader;
}

bool IdReader::is_ready() {
  // A line that is too long is refused without the rest of it.
  while (in_ != nullptr && text_.size() - at_ <= limits::kMaxIdLineBytes &&
         text_.find('\n', at_) == std::string::npos) {
    if (in_->rdbuf()->in_avail() <= 0 || !fill()) return false;
  }
  return true;
}

Result<std::optional<std::string_view>> IdReader::next() {
  while (true) {
    const std::size_t newline = text_.find('\n', at_);
    const std::size_t end = std::min(newline, text_.size());
    if (end - at_ > limits::kMaxIdLineBytes)
      return refuse(fmt::format("a line of more than {} bytes, expected an image id", limits::kMaxIdLineBytes));
    if (newline == std::string::npos && in_ != nullptr) {
      if (const auto filled = fill(); !filled) return tl::make_unexpected(filled.error());
      continue;
    }
    if (at_ == text_.size()) return std::optional<std::string_view>{};
    std::string_view id = std::string_view(text_).substr(at_, end - at_);
    if (line_ == 1 && id.starts_with("\xef\xbb\xbf")) return refuse("byte order mark, expected ids without one");
    at_ = std::min(end + 1, text_.size());
    id.remove_prefix(std::min(id.find_first_not_of(kBlank), id.size()));
    id.remove_suffix(id.size() - (id.find_last_not_of(kBlank) + 1));
    if (const auto checked = check_image_id(id); !checked) return refuse(checked.error().message);
    ++line_;
    if (!id.empty()) return std::optional(id);
  }
}

tl::unexpected<Error> IdReader::refuse(std::string_view what) const {
  return fail(Errc::kMalformedInput, fmt::format("{}:{}: {}", path_, line_, what));
}

Status IdReader::fill() {
  text_.erase(0, at_);
  at_ = 0;
  if (in_->peek() == std::istream::traits_type::eof()) {
    if (in_->bad()) return fail(Errc::kIo, "standard input: cannot be read");
    in_ = nullptr;
    return {};
  }
  const std::size_t before = text_.size();
  const std::size_t ready =
      std::min(kReadBytes, static_cast<std::size_t>(std::max<std::streamsize>(in_->rdbuf()->in_avail(), 1)));
  text_.resize(before + ready);
  in_->read(text_.data() + before, static_cast<std::streamsize>(ready));
  text_.resize(before + static_cast<std::size_t>(in_->gcount()));
  return {};
}

}  // namespace imagewarden::cli
