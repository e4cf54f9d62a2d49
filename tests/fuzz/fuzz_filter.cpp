// Filters of `plan --where`: what holds of three-valued logic holds of them, whatever they test.

#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "engine/decide/filter.h"
#include "tests/fuzz/inventory_support.h"

namespace {

using namespace imagewarden;

const Snapshot& images() {
  static const Snapshot snapshot = [] {
    const std::string body = R"({"Count": 4, "Data": [
      {"ImageId": "img-1", "ImageName": "one", "ImageType": "User", "Status": "AVAILABLE", "ProductType": "CloudApp",
       "ImageRegionList": ["cn-hangzhou"], "TagList": [{"Key": "keep", "Value": "yes"}], "SystemDiskSize": 60,
       "GmtCreate": "2024-01-01 00:00:00"},
      {"ImageId": "img-2", "ImageType": "System", "Status": "CREATING", "GmtCreate": "2026-09-01 00:00:00"},
      {"ImageId": "img-3"}, {"ImageId": "img-4", "ImageType": "Community", "ParentImageId": "img-1"}]})";
    ReadOptions options;
    options.threads = 1;
    auto read = read_inventory({fuzz::account_file(), {"ListImage.p1.json", body}}, options);
    fuzz::require(read.has_value() && read->images().rows() == 4, "the images of this target are read");
    return std::move(*read);
  }();
  return snapshot;
}

std::optional<std::vector<Tri>> evaluate(const std::string& text) {
  const auto filter = ImageFilter::parse(text);
  if (!filter) return std::nullopt;
  return filter->evaluate(images(), AccountId{0}, Time{1'790'000'000'000'000});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto filter = ImageFilter::parse(text);
  if (!filter) {
    fuzz::require(filter.error().code == Errc::kUsage || filter.error().code == Errc::kLimit, "a wrong use");
    fuzz::require(filter.error().message.find_first_of("\r\n") == std::string::npos, "an error is one line");
    return 0;
  }
  const auto plain = evaluate(text);
  fuzz::require(plain && plain->size() == 4 && evaluate(text) == plain, "a filter says something of every image");
  const auto doubled = evaluate("(" + text + ") and (" + text + ")");
  const auto negated = evaluate("not (" + text + ")");
  const auto morgan = evaluate("not (not (" + text + ") or not (" + text + "))");
  const auto all = evaluate("(" + text + ") or not (" + text + ")");
  // Brackets and a second time may be too much; then they are refused, not misread.
  fuzz::require(negated || text.size() + 6 > limits::kMaxFilterBytes, "a filter can be negated");
  for (std::size_t i = 0; i < 4; ++i) {
    const Tri value = (*plain)[i];
    const Tri opposite = value == Tri::kUnknown ? value : tri_of(value == Tri::kFalse);
    if (negated) fuzz::require((*negated)[i] == opposite, "not");
    if (doubled) fuzz::require((*doubled)[i] == value, "x and x");
    if (morgan) fuzz::require((*morgan)[i] == value, "not (not x or not x)");
    if (all) fuzz::require((*all)[i] == (value == Tri::kUnknown ? value : Tri::kTrue), "x or not x");
  }
  return 0;
}
