#include "tests/property/lists.h"

#include <cctype>

namespace property {
namespace {

std::string percent_encode(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '/' || c == '=' || c == '.' || c == '%') {
      constexpr const char* kHex = "0123456789ABCDEF";
      out += '%';
      out += kHex[static_cast<unsigned char>(c) / 16];
      out += kHex[static_cast<unsigned char>(c) % 16];
    } else {
      out += c;
    }
  }
  return out;
}

Json camel_case(const Json& json) {
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json) out.push_back(camel_case(item));
    return out;
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [key, value] : json.items()) {
    std::string name = key;
    name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    out[name] = camel_case(value);
  }
  return out;
}

}  // namespace

void ListWriter::write_answer(const std::string& operation,
                              const std::vector<std::pair<std::string, std::string>>& request, const Json& body,
                              const std::string& region, int page) {
  // What SDKs dump: sometimes wrapped, sometimes in camelCase.
  Json dumped = random_.chance(4) ? camel_case(body) : body;
  if (random_.chance(4)) dumped = {{"headers", Json::object()}, {"statusCode", 200}, {"body", dumped}};
  const bool needs_region = !region.empty();
  if (is_newer_ || is_earlier_ || random_.chance(30)) {
    Json envelope = {{"Operation", operation}, {"AccountId", account_}, {"Response", dumped}};
    Json parameters = Json::object();
    for (const auto& [key, value] : request) parameters[key] = value;
    if (page > 0) parameters["PageNumber"] = page;
    envelope["Request"] = parameters;
    if (needs_region) envelope["RegionId"] = region;
    if (is_earlier_) {
      envelope["ExportedAt"] = "2026-11-23T07:00:00Z";
    } else if (is_newer_) {
      envelope["ExportedAt"] = "2026-11-24T15:30:00+08:00";
    } else if (has_time_) {
      envelope["ExportedAt"] = "2026-11-24T07:00:00Z";
    }
    add("e" + std::to_string(++serial_) + ".ndjson", envelope.dump() + "\n");
    return;
  }
  std::string name = operation;
  for (const auto& [key, value] : request) name += "." + key + "=" + percent_encode(value);
  if (needs_region) name += ".RegionId=" + region;
  if (page > 0) name += ".p" + std::to_string(page);
  // A folder of its own keeps equal names apart.
  add("f" + std::to_string(++serial_) + "/" + name + ".json", dumped.dump());
}

void ListWriter::write_pages(const ListSpec& spec, const std::vector<Json>& items,
                             const std::vector<std::pair<std::string, std::string>>& filter, bool cut_off) {
  std::vector<std::vector<Json>> pages(1);
  const std::size_t size = 1 + random_.below(4);
  for (const Json& item : items) {
    if (pages.back().size() == size) pages.emplace_back();
    pages.back().push_back(item);
  }
  // Cut off: one page is missing, or the only one says that there is more.
  const bool says_more = cut_off && (pages.size() == 1 || random_.chance(30));
  const std::size_t missing = cut_off && !says_more ? random_.below(pages.size()) : pages.size();
  const bool by_number = !spec.total.empty() || random_.chance(50);
  const bool numbered = by_number && (pages.size() > 1 || random_.chance(30));
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i == missing) continue;
    Json body = {{"RequestId", "r"}};
    Json* at = &body;
    const std::size_t slash = spec.list.find('/');
    if (slash != std::string::npos) at = &body[spec.list.substr(0, slash)];
    (*at)[slash == std::string::npos ? spec.list : spec.list.substr(slash + 1)] = pages[i];
    const bool is_last = i + 1 == pages.size();
    auto request = filter;
    if (!spec.parent.first.empty()) request.push_back(spec.parent);
    if (!spec.total.empty()) {
      const bool says_by_token = says_more && !spec.token.empty() && random_.chance(50);
      if (says_by_token && is_last) body[spec.token] = "t" + std::to_string(i + 1);
      const std::size_t total = items.size() + (says_more && !says_by_token ? 1 : 0);
      body[spec.total] = random_.chance(85) ? Json(total) : Json(std::to_string(total));
    } else {
      const bool more = !is_last || says_more;
      if (spec.token == "Marker") body["IsTruncated"] = more;
      if (more) body[spec.token] = "t" + std::to_string(i + 1);
      if (!more && random_.chance(20)) body[spec.token] = "";
      if (!by_number && i > 0) request.emplace_back(spec.token, "t" + std::to_string(i));
    }
    if (random_.chance(20)) request.emplace_back("MaxResults", "100");
    write_answer(spec.operation, request, body, spec.region, numbered ? static_cast<int>(i) + 1 : 0);
  }
}

void ListWriter::write(const ListSpec& spec, const std::vector<Json>& all, const ListStyle& style) {
  std::vector<Json> given = all;
  if (has_time_ && !all.empty() && random_.chance(3)) {
    // Yesterday something was there that is gone now.
    is_earlier_ = true;
    write_pages(spec, all, {}, random_.chance(20));
    is_earlier_ = false;
    given.erase(given.begin() + static_cast<std::ptrdiff_t>(random_.below(all.size())));
  }
  if (random_.chance(style.absent_percent)) return;
  const bool cut_off = random_.chance(style.cut_off_percent);
  if (!random_.chance(style.filtered_percent)) return write_pages(spec, given, {}, cut_off);
  if (spec.operation != "ListImage") return write_pages(spec, given, {{"Status", "X"}}, cut_off);
  // The four parts of ListImage; sometimes one is not there or not whole.
  const std::size_t faulty = cut_off ? random_.below(4) : 4;
  const std::vector<std::string> types = {"User", "Shared", "System", "Community"};
  for (std::size_t part = 0; part < types.size(); ++part) {
    if (part == faulty && random_.chance(50)) continue;
    std::vector<Json> items;
    for (const Json& item : given) {
      if (item.value("ImageType", "") == types[part]) items.push_back(item);
    }
    write_pages(spec, items, {{"ImageType", types[part]}}, part == faulty);
  }
}

void ListWriter::write_newer(const ListSpec& spec, const std::vector<Json>& items, const ListStyle& style) {
  is_newer_ = true;
  write(spec, items, style);
  is_newer_ = false;
}

}  // namespace property
