// The records of ListImage, DescribeImages and DescribeImagePermission.

#include <limits>

#include <fmt/format.h>

#include "engine/inventory/document.h"

namespace imagewarden::inventory {
namespace {

constexpr std::int64_t kMaxInt32 = std::numeric_limits<std::int32_t>::max();

// 123, as an integer is written: then the text needs no conversion.
bool is_plain_number(std::string_view text) {
  if (text.empty() || text.size() > 18 || text.front() == '0') return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

}  // namespace

bool DocumentReader::store_code(ImageSighting& image, ImageColumn column, std::string_view text, std::uint32_t at) {
  DictionaryBuilder& values = store_.columns[static_cast<std::size_t>(column)];
  if (values.full())
    return json_.refuse(at, "more than 65533 distinct values in this field, expected fewer", Errc::kLimit);
  image.codes[static_cast<std::size_t>(column)] = values.code(*store_.strings, text);
  return true;
}

bool DocumentReader::read_column(ImageSighting& image, ImageColumn column) {
  const std::uint32_t at = json_.offset();
  std::string_view text;
  // An enumeration is a string; BizType is a number in the answers.
  if (!(column == ImageColumn::kBiz ? json_.word(text) : json_.string(text))) return false;
  return store_code(image, column, text, at);
}

bool DocumentReader::read_owner(ImageSighting& image) {
  const std::uint32_t at = json_.offset();
  const JsonCursor::Mark value = json_.mark();
  std::string_view text;
  if (json_.peek() == '"' || (json_.peek() >= '1' && json_.peek() <= '9')) {
    if (!json_.word(text)) return false;
    if (is_plain_number(text)) return store_code(image, ImageColumn::kOwner, text, at);
    json_.rewind(value);
  }
  std::optional<std::int64_t> number;
  if (!json_.integer(number, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()))
    return false;
  if (!number) return true;
  return store_code(image, ImageColumn::kOwner, fmt::format_int(*number).c_str(), at);
}

bool DocumentReader::id_field(StringId& out) {
  std::string_view text;
  if (!json_.id(text)) return false;
  out = store_.intern(text);
  return true;
}

bool DocumentReader::known_id_field(StringId& out) {
  std::string_view text;
  if (!json_.id(text)) return false;
  out = store_.intern_again(text);
  return true;
}

bool DocumentReader::name_field(StringId& out) {
  std::string_view text;
  if (!json_.word(text)) return false;
  out = store_.intern(text);
  return true;
}

bool DocumentReader::name_ahead(std::string_view& out) {
  if (!json_.word(out)) return false;
  store_.strings->prefetch(out);
  return true;
}

bool DocumentReader::need(StringId id, std::string_view field, std::uint32_t at) {
  if (id != StringId{}) return true;
  return json_.refuse(at, fmt::format("record without `{}`, expected an id there", field));
}

void DocumentReader::count_item(StringId id) { store_.items.push_back({id, page_}); }

bool DocumentReader::read_regions(std::uint32_t& out) {
  if (json_.peek() == 'n') return json_.skip();
  ids_.clear();
  if (!json_.array([&](std::uint32_t) {
        StringId region;
        if (!id_field(region)) return false;
        if (region != StringId{}) ids_.push_back(region);
        return true;
      })) {
    return false;
  }
  out = store_.region_lists.intern(ids_);
  return true;
}

bool DocumentReader::read_distribution(std::uint32_t& out) {
  if (json_.peek() == 'n') return json_.skip();
  statuses_.clear();
  if (!json_.array([&](std::uint32_t) {
        RegionStatus entry;
        const bool good = json_.object(distribution_, [&](int field) {
          if (field == 0) return id_field(entry.region);
          std::string_view text;
          if (!json_.string(text)) return false;
          entry.status = store_.intern(text);
          return true;
        });
        statuses_.push_back(entry);
        return good;
      })) {
    return false;
  }
  out = store_.distributions.intern(statuses_);
  return true;
}

bool DocumentReader::read_tags(std::uint32_t& out) {
  if (json_.peek() == 'n') return json_.skip();
  tags_.clear();
  if (!json_.array([&](std::uint32_t) {
        KeyValue tag;
        const bool good = json_.object(tag_, [&](int field) { return name_field(field == 0 ? tag.key : tag.value); });
        tags_.push_back(tag);
        return good;
      })) {
    return false;
  }
  out = store_.tag_lists.intern(tags_);
  return true;
}

bool DocumentReader::read_image(std::uint32_t index) {
  enum : int {
    kImageId,
    kImageName,
    kAliUid,
    kImageType,
    kStatus,
    kProductType,
    kParentImageId,
    kBaseImageId,
    kSessionType,
    kImageRegionList,
    kDistribute,
    kTagList,
    kBizType,
    kSystemDiskSize,
    kGmtCreate
  };
  const std::uint32_t at = json_.offset();
  ImageSighting image;
  image.source = here(index);
  // Interned at the end of the record, when their places have come from memory.
  std::string_view id;
  std::string_view name;
  std::optional<std::int64_t> number;
  const bool good = json_.object(image_, [&](int field) {
    switch (field) {
      case kImageId:
        if (!json_.id(id)) return false;
        store_.strings->prefetch(id);
        return true;
      case kImageName:
        return name_ahead(name);
      case kAliUid:
        return read_owner(image);
      case kImageType:
        return read_column(image, ImageColumn::kType);
      case kStatus:
        return read_column(image, ImageColumn::kStatus);
      case kProductType:
        return read_column(image, ImageColumn::kProduct);
      case kParentImageId:
        return id_field(image.parent);
      case kBaseImageId:
        return id_field(image.base);
      case kSessionType:
        return read_column(image, ImageColumn::kSession);
      case kImageRegionList:
        return read_regions(image.regions);
      case kDistribute:
        return read_distribution(image.distribution);
      case kTagList:
        return read_tags(image.tags);
      case kBizType:
        return read_column(image, ImageColumn::kBiz);
      case kSystemDiskSize:
        if (!json_.integer(number, 0, kMaxInt32)) return false;
        if (number) image.size_gib = static_cast<std::int32_t>(*number);
        return true;
      case kGmtCreate: {
        bool has_time = false;
        Time time;
        if (!read_time(has_time, time)) return false;
        if (has_time) image.created_us = time.unix_us;
        return true;
      }
      default:
        return json_.skip();
    }
  });
  if (!good) return false;
  image.id = store_.intern(id);
  image.name = store_.intern(name);
  if (!need(image.id, "ImageId", at)) return false;
  store_.images.push_back(image);
  return true;
}

bool DocumentReader::read_described_image(std::uint32_t index) {
  enum : int { kImageId, kName, kImageType, kStatus, kSharedCount, kSessionType, kCreationTime, kSize };
  const std::uint32_t at = json_.offset();
  ImageSighting image;
  image.source = here(index);
  std::string_view name;
  std::optional<std::int64_t> number;
  const bool good = json_.object(described_, [&](int field) {
    switch (field) {
      case kImageId:
        return known_id_field(image.id);
      case kName:
        return name_ahead(name);
      case kImageType:
        return read_column(image, ImageColumn::kType);
      case kStatus:
        return read_column(image, ImageColumn::kStatus);
      case kSharedCount:
        if (!json_.integer(number, 0, kMaxInt32)) return false;
        if (number) image.shared_count = static_cast<std::int32_t>(*number);
        return true;
      case kSessionType:
        return read_column(image, ImageColumn::kSession);
      case kCreationTime: {
        bool has_time = false;
        Time time;
        if (!read_time(has_time, time)) return false;
        if (has_time) image.created_us = time.unix_us;
        return true;
      }
      case kSize:
        if (!json_.integer(number, 0, kMaxInt32)) return false;
        if (number) image.size_gib = static_cast<std::int32_t>(*number);
        return true;
      default:
        return json_.skip();
    }
  });
  if (!good || !need(image.id, "ImageId", at)) return false;
  image.name = store_.intern(name);
  store_.images.push_back(image);
  return true;
}

bool DocumentReader::read_permission(std::uint32_t) {
  const std::uint32_t at = json_.offset();
  StringId account;
  if (!id_field(account)) return false;
  if (account == StringId{}) return json_.refuse(at, "no account, expected the id of one");
  store_.shared.push_back({account, page_});
  return true;
}

}  // namespace imagewarden::inventory
