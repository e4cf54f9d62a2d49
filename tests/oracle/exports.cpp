#include "tests/oracle/exports.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "tests/oracle/values.h"

namespace oracle {
namespace {

struct Shape {
  std::string list;    // `Users/User`: where the items stand; empty: the answer is one object
  std::string total;   // how many there are in all
  std::string parent;  // request parameter that tells lists of one operation apart
  std::string id;      // of an item
  bool regional{};
};

const std::map<std::string, Shape>& shapes() {
  static const std::map<std::string, Shape> known = {
      {"ListImage", {"Data", "Count", "", "ImageId", false}},
      {"ListAppInstanceGroup", {"AppInstanceGroupModels", "TotalCount", "", "AppInstanceGroupId", false}},
      {"GetAppInstanceGroup", {"", "", "", "", false}},
      {"ListWuyingServer", {"WuyingServerList", "TotalCount", "", "WuyingServerId", false}},
      {"DescribeImages", {"Images", "", "", "ImageId", true}},
      {"DescribeImagePermission", {"AliUids", "", "ImageId", "", false}},
      {"DescribeDesktops", {"Desktops", "TotalCount", "", "DesktopId", true}},
      {"DescribeDesktopGroups", {"DesktopGroups", "", "", "DesktopGroupId", true}},
      {"DescribeTemplates", {"Data", "TotalCount", "", "TemplateId", false}},
      {"DescribeBundles", {"Bundles", "", "", "BundleId", true}},
      {"DeleteImage", {"", "", "", "", false}},
      {"DeleteTemplates", {"", "", "", "", false}},
      {"ListUsers", {"Users/User", "", "", "UserName", false}},
      {"ListGroups", {"Groups/Group", "", "", "GroupName", false}},
      {"ListRoles", {"Roles/Role", "", "", "RoleName", false}},
      {"ListGroupsForUser", {"Groups/Group", "", "UserName", "GroupName", false}},
      {"ListUsersForGroup", {"Users/User", "", "GroupName", "UserName", false}},
      {"ListPoliciesForUser", {"Policies/Policy", "", "UserName", "PolicyName", false}},
      {"ListPoliciesForGroup", {"Policies/Policy", "", "GroupName", "PolicyName", false}},
      {"ListPoliciesForRole", {"Policies/Policy", "", "RoleName", "PolicyName", false}},
      {"ListPolicyAttachments", {"PolicyAttachments/PolicyAttachment", "TotalCount", "", "", false}},
      {"GetPolicy", {"", "", "", "", false}},
      {"GetPolicyVersion", {"", "", "", "", false}},
      {"GetControlPolicy", {"", "", "", "", false}},
      {"ListControlPolicyAttachmentsForTarget",
       {"ControlPolicyAttachments/ControlPolicyAttachment", "", "TargetId", "PolicyId", false}},
      {"GetAccount", {"", "", "", "", false}},
      {"GetResourceDirectory", {"", "", "", "", false}},
  };
  return known;
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw std::runtime_error("bad percent code");
}

std::string percent_decode(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Some SDKs write `imageId` for `ImageId`.
std::string capitalised(std::string key) {
  if (!key.empty() && key[0] >= 'a' && key[0] <= 'z') key[0] = static_cast<char>(key[0] - 'a' + 'A');
  return key;
}

Json capitalised_keys(const Json& json) {
  if (json.is_array()) {
    Json out = Json::array();
    for (const Json& item : json) out.push_back(capitalised_keys(item));
    return out;
  }
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [key, value] : json.items()) out[capitalised(key)] = capitalised_keys(value);
  return out;
}

// Nothing that says which items are wanted.
bool is_no_filter(const std::string& name) {
  static const std::set<std::string> names = {"PageNumber", "PageSize", "MaxResults", "MaxItems",    "NextToken",
                                              "Marker",     "RegionId", "Language",   "LanguageType"};
  return names.count(name) != 0;
}

bool is_good_code(const std::string& code) {
  return code.empty() || code == "200" || code == "success" || code == "Success" || code == "OK";
}

std::optional<Json> find_list(const Json& body, const std::string& path) {
  Json at = body;
  for (const std::string& step : split(path, '/')) {
    if (!at.is_object() || !at.contains(step)) return std::nullopt;
    const Json next = at[step];
    at = next;
  }
  if (at.is_null()) return Json::array();
  if (!at.is_array()) return std::nullopt;
  return at;
}

void add_parameter(Page& page, const std::string& key, const std::string& value) {
  if (value.empty()) return;
  page.request[capitalised(key)] = value;
}

// Works out what the parts say together. `account_regions`: of the account.json that the page's account comes from.
void finish(Page& page, const std::vector<std::string>& account_regions) {
  const Shape& shape = shapes().at(page.operation);
  page.body = capitalised_keys(page.body);
  if (page.body.contains("Body") && page.body["Body"].is_object()) {
    const Json inner = page.body["Body"];
    page.body = inner;
  }
  if (shape.regional) {
    if (page.region.empty()) page.region = page.parameter("RegionId");
    if (page.region.empty() && account_regions.size() == 1) page.region = account_regions.front();
  } else {
    page.region.clear();
  }
  for (const auto& [name, value] : page.request) {
    if (name != shape.parent && !is_no_filter(name)) page.filter += name + "=" + value + "&";
    if (name == "ImageId" || name == "TemplateIds" || name == "TemplateId") page.subjects.push_back(value);
  }
  if (!page.number && page.request.count("PageNumber") != 0) page.number = std::stoll(page.request["PageNumber"]);
  if (has_field(page.body, "PageNumber")) page.number = std::stoll(text_of(page.body, "PageNumber"));

  const auto list = shape.list.empty() ? std::nullopt : find_list(page.body, shape.list);
  page.is_failure = page.body.value("Success", true) == false || (!is_good_code(text_of(page.body, "Code")) && !list);
  if (list) page.items.assign(list->begin(), list->end());
}

struct Folder {
  std::string account;
  std::optional<long long> time;
  std::vector<std::string> regions;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// The account.json in the file's folder or above it.
const Folder* find_folder(const std::map<std::string, Folder>& folders, const std::string& path) {
  std::string folder = folder_of(path);
  while (true) {
    const auto found = folders.find(folder);
    if (found != folders.end()) return &found->second;
    if (folder.empty()) return nullptr;
    folder = folder_of(folder);
  }
}

std::optional<long long> time_of(const Json& json) {
  if (!has_field(json, "ExportedAt")) return std::nullopt;
  return read_date(text_of(json, "ExportedAt"));
}

void add_page(World& world, Page page, const Folder* folder) {
  if (page.account.empty()) {
    if (folder == nullptr) throw std::runtime_error("no account for " + page.operation);
    page.account = folder->account;
  }
  const bool is_folders = folder != nullptr && folder->account == page.account;
  if (!page.exported_at && is_folders) page.exported_at = folder->time;
  finish(page, is_folders ? folder->regions : world.regions[page.account]);
  world.pages.push_back(std::move(page));
}

void read_envelopes(World& world, const File& file, const Folder* folder) {
  for (const std::string& line : split(file.bytes, '\n')) {
    if (line.empty()) continue;
    const Json envelope = Json::parse(line);
    Page page;
    page.operation = envelope.at("Operation");
    if (shapes().count(page.operation) == 0) continue;
    page.account = text_of(envelope, "AccountId");
    page.region = text_of(envelope, "RegionId");
    page.exported_at = time_of(envelope);
    page.body = envelope.at("Response");
    const Json request = envelope.value("Request", Json::object());
    page.knows_request = has_field(envelope, "Request");
    for (const auto& [key, value] : request.items()) {
      if (value.is_array()) {
        for (const Json& id : value) page.subjects.push_back(id);
      } else {
        add_parameter(page, key, text_of(request, key));
      }
    }
    add_page(world, std::move(page), folder);
  }
}

void read_body(World& world, const File& file, const std::string& name, const Folder* folder) {
  const auto parts = split(name, '.');  // OPERATION . key=value . p1 . json
  Page page;
  page.operation = parts[0];
  if (shapes().count(page.operation) == 0) return;
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals != std::string::npos) {
      add_parameter(page, percent_decode(parts[i].substr(0, equals)), percent_decode(parts[i].substr(equals + 1)));
    } else if (parts[i].size() > 1 && parts[i][0] == 'p' &&
               parts[i].find_first_not_of("0123456789", 1) == std::string::npos) {
      page.number = std::stoll(parts[i].substr(1));
    }
  }
  page.body = Json::parse(file.bytes);
  page.knows_request = !page.request.empty();
  add_page(world, std::move(page), folder);
}

// All pages of a list that are there, without a gap, up to the last one.
std::string token_out(const Page& page) {
  if (page.body.contains("IsTruncated") && page.body["IsTruncated"] == false) return "";
  const std::string token = text_of(page.body, "NextToken") + text_of(page.body, "Marker");
  const bool is_truncated = page.body.contains("IsTruncated") && page.body["IsTruncated"] == true;
  return token.empty() && is_truncated ? "more" : token;
}

bool reaches_end(const std::vector<const Page*>& pages) {
  const auto token_in = [](const Page& page) { return page.parameter("NextToken") + page.parameter("Marker"); };

  if (std::all_of(pages.begin(), pages.end(), [](const Page* page) { return page->number.has_value(); })) {
    std::map<long long, const Page*> by_number;
    for (const Page* page : pages) by_number[*page->number] = page;
    long long expected = 1;
    for (const auto& [number, page] : by_number) {
      if (number != expected++) return false;
    }
    return token_out(*by_number.rbegin()->second).empty();
  }
  // From the first page on, each token leads to the next one.
  std::string wanted;
  for (std::size_t steps = 0; steps <= pages.size(); ++steps) {
    const auto next =
        std::find_if(pages.begin(), pages.end(), [&](const Page* page) { return token_in(*page) == wanted; });
    if (next == pages.end()) return false;
    wanted = token_out(**next);
    if (wanted.empty()) return true;
  }
  return false;
}

bool is_complete(const Shape& shape, const std::vector<const Page*>& pages) {
  std::set<std::string> seen;
  std::optional<long long> total;
  for (const Page* page : pages) {
    for (const Json& item : page->items) seen.insert(shape.id.empty() ? item.dump() : text_of(item, shape.id));
    if (!shape.total.empty() && has_field(page->body, shape.total)) {
      total = std::max(total.value_or(0), std::stoll(text_of(page->body, shape.total)));
    }
  }
  // A total that is reached, and a next page that is announced all the same, contradict each other.
  const bool says_more =
      std::all_of(pages.begin(), pages.end(), [](const Page* page) { return !token_out(*page).empty(); });
  if (total && static_cast<long long>(seen.size()) < *total) return false;
  return total && !says_more ? true : reaches_end(pages);
}

// Of a list that was exported again only the last run counts, if all pages say when they were made.
void leave_out_earlier_runs(std::vector<Page>& pages) {
  std::map<std::vector<std::string>, std::vector<const Page*>> parts;
  for (const Page& page : pages) {
    if (page.is_failure || !shapes().count(page.operation)) continue;
    const Shape& shape = shapes().at(page.operation);
    if (shape.list.empty()) continue;
    const std::string parent = shape.parent.empty() ? "" : page.parameter(shape.parent);
    parts[{page.account, page.operation, page.region, parent, page.filter}].push_back(&page);
  }
  std::set<const Page*> left_out;
  for (const auto& [key, part] : parts) {
    long long first_number = 1;
    for (const Page* page : part) first_number = std::min(first_number, page->number.value_or(1));
    std::optional<long long> last;
    bool all_have_times = true;
    for (const Page* page : part) {
      const Shape& shape = shapes().at(page->operation);
      const bool follows = !(page->parameter("NextToken") + page->parameter("Marker")).empty();
      const bool has_total = !shape.total.empty() && has_field(page->body, shape.total);
      const bool is_whole = token_out(*page).empty() && (!has_total || std::stoll(text_of(page->body, shape.total)) <=
                                                                           static_cast<long long>(page->items.size()));
      const bool begins = !follows && (page->number ? *page->number == first_number : page->knows_request || is_whole);
      all_have_times = all_have_times && page->exported_at;
      if (begins && page->exported_at) last = std::max(last.value_or(0), *page->exported_at);
    }
    if (!all_have_times || !last) continue;
    for (const Page* page : part) {
      if (*page->exported_at < *last) left_out.insert(page);
    }
  }
  std::vector<Page> kept;
  for (const Page& page : pages) {
    if (left_out.count(&page) == 0) kept.push_back(page);
  }
  pages = kept;
}

}  // namespace

std::string Page::parameter(const std::string& name) const {
  const auto found = request.find(name);
  return found == request.end() ? "" : found->second;
}

std::string text_of(const Json& object, const std::string& field) {
  if (!has_field(object, field)) return "";
  const Json& value = object[field];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool has_field(const Json& object, const std::string& field) {
  return object.is_object() && object.contains(field) && !object[field].is_null();
}

std::vector<const Page*> World::of(const std::string& account, const std::string& operation) const {
  std::vector<const Page*> found;
  for (const Page& page : pages) {
    if (page.account == account && page.operation == operation && !page.is_failure) found.push_back(&page);
  }
  return found;
}

State World::state(const std::string& account, const std::string& operation, const std::string& region,
                   const std::string& parent) const {
  const Shape& shape = shapes().at(operation);
  std::map<std::string, std::vector<const Page*>> parts;  // by filter
  for (const Page* page : of(account, operation)) {
    if (page->region == region && (shape.parent.empty() || page->parameter(shape.parent) == parent)) {
      parts[page->filter].push_back(page);
    }
  }
  if (parts.empty()) return State::kAbsent;
  if (parts.count("") != 0 && is_complete(shape, parts[""])) return State::kComplete;
  if (operation == "ListImage") {
    // The four types together are all images.
    bool all = true;
    for (const std::string type : {"User", "Shared", "System", "Community"}) {
      const auto part = parts.find("ImageType=" + type + "&");
      all = all && part != parts.end() && is_complete(shape, part->second);
    }
    if (all) return State::kComplete;
  }
  return State::kCutOff;
}

World read_world(const std::vector<File>& files, const std::string& not_before) {
  World world;
  std::map<std::string, Folder> folders;
  const auto name_of = [](const File& file) { return file.path.substr(file.path.rfind('/') + 1); };
  for (const File& file : files) {
    if (name_of(file) != "account.json") continue;
    const Json json = Json::parse(file.bytes);
    Folder folder{text_of(json, "AccountId"), time_of(json), {}};
    if (folder.account.empty()) throw std::runtime_error(file.path + ": no AccountId");
    if (has_field(json, "Regions")) folder.regions = json["Regions"].get<std::vector<std::string>>();
    world.regions[folder.account] = folder.regions;
    folders[folder_of(file.path)] = folder;
  }
  for (const File& file : files) {
    const std::string name = name_of(file);
    if (name == "account.json") continue;
    const Folder* folder = find_folder(folders, file.path);
    if (name.size() > 7 && name.substr(name.size() - 7) == ".ndjson") {
      read_envelopes(world, file, folder);
    } else if (name.size() > 5 && name.substr(name.size() - 5) == ".json") {
      read_body(world, file, name, folder);
    }
  }
  for (const Page& page : world.pages) {
    for (const std::string operation :
         {"GetControlPolicy", "ListControlPolicyAttachmentsForTarget", "GetAccount", "GetResourceDirectory"}) {
      if (!page.is_failure && page.operation == operation) world.has_directory = true;
    }
  }
  leave_out_earlier_runs(world.pages);
  if (not_before.empty()) return world;
  const long long limit = read_date(not_before).value();
  std::vector<Page> kept;
  for (const Page& page : world.pages) {
    const bool is_old = !page.exported_at || *page.exported_at < limit;
    if (!is_old) kept.push_back(page);
  }
  world.pages = kept;
  return world;
}

}  // namespace oracle
