#include "engine/base/json_flat.h"

#include <cstring>
#include <string>

#include <simdjson.h>

#include "engine/base/best_simdjson.h"
#include "engine/base/limits.h"

namespace imagewarden {
namespace {

namespace ondemand = simdjson::ondemand;

}  // namespace

struct FlatReader::Impl {
  Impl() { best_simdjson(); }

  bool read(std::string_view text) {
    if (text.empty() || text.size() > limits::kMaxTreeBytes) return false;
    const std::size_t wanted = text.size() + simdjson::SIMDJSON_PADDING;
    if (buffer.size() < wanted) buffer.resize(wanted);
    std::memcpy(buffer.data(), text.data(), text.size());
    ondemand::document document;
    ondemand::object root;
    if (parser.iterate(buffer.data(), text.size(), buffer.size()).get(document) != simdjson::SUCCESS) return false;
    if (document.get_object().get(root) != simdjson::SUCCESS) return false;
    if (!read_members(root, false)) return false;
    // At the end there is nothing left to point at.
    const char* rest = nullptr;
    return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
  }

  bool read_members(ondemand::object object, bool is_inner) {
    for (auto field : object) {
      std::string_view key;
      ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (field.value().get(value) != simdjson::SUCCESS) return false;
      if (!read_value(key, value, is_inner)) return false;
    }
    return true;
  }

  bool read_value(std::string_view key, ondemand::value value, bool is_inner) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    FlatMember member;
    member.key = key;
    switch (type) {
      case ondemand::json_type::string:
        member.type = JsonType::kString;
        if (value.get_string().get(member.text) != simdjson::SUCCESS) return false;
        break;
      case ondemand::json_type::boolean:
        member.type = JsonType::kBool;
        if (value.get_bool().get(member.boolean) != simdjson::SUCCESS) return false;
        break;
      case ondemand::json_type::null: {
        bool is_null = false;
        if (value.is_null().get(is_null) != simdjson::SUCCESS || !is_null) return false;
        break;
      }
      case ondemand::json_type::object:
        return !is_inner && read_inner(member, value);
      case ondemand::json_type::number:
      case ondemand::json_type::array:
        return false;
    }
    members.push_back(member);
    return true;
  }

  bool read_inner(FlatMember& member, ondemand::value value) {
    ondemand::object inner;
    if (value.get_object().get(inner) != simdjson::SUCCESS) return false;
    member.type = JsonType::kObject;
    const std::size_t at = members.size();
    members.push_back(member);
    if (!read_members(inner, true)) return false;
    members[at].end = static_cast<std::uint32_t>(members.size());
    return true;
  }

  ondemand::parser parser;
  std::string buffer;  // the text and the padding that simdjson wants
  std::vector<FlatMember> members;
};

FlatReader::FlatReader() : impl_(std::make_unique<Impl>()) {}
FlatReader::FlatReader(FlatReader&&) noexcept = default;
FlatReader& FlatReader::operator=(FlatReader&&) noexcept = default;
FlatReader::~FlatReader() = default;

bool FlatReader::read(std::string_view text) {
  impl_->members.clear();
  return impl_->read(text);
}

const std::vector<FlatMember>& FlatReader::members() const { return impl_->members; }

}  // namespace imagewarden
