#include "engine/inventory/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "engine/base/json_tree.h"
#include "engine/inventory/secrets.h"

namespace imagewarden::inventory {
namespace {

enum AnswerField : int {
  kCode,
  kMessage,
  kSuccess,
  kNextToken,
  kMarker,
  kIsTruncated,
  kPageNumber,
  kTotal,
  kPayload,        // the list, or the object of a single answer
  kSecondPayload,  // DefaultPolicyVersion
  kBody,           // the wrapper of an SDK
};

constexpr std::int64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

// The object of a single answer; lists, and answers that say no more than that they are good, have none.
std::string_view object_name(Operation operation) {
  constexpr std::array<std::pair<Operation, std::string_view>, 9> kNames{{
      {Operation::kGetAppInstanceGroup, "AppInstanceGroupModels"},
      {Operation::kGetCallerIdentity, "AccountId"},
      {Operation::kGetUser, "User"},
      {Operation::kGetPolicy, "Policy"},
      {Operation::kGetPolicyVersion, "PolicyVersion"},
      {Operation::kGetRole, "Role"},
      {Operation::kGetControlPolicy, "ControlPolicy"},
      {Operation::kGetAccount, "Account"},
      {Operation::kGetResourceDirectory, "ResourceDirectory"},
  }};
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& name) { return name.first == operation; });
  return found == kNames.end() ? std::string_view{} : found->second;
}

// The two steps of a list's pointer: `/Users/User` is `Users` and `User`.
std::string_view outer_name(const OperationInfo& info) {
  const std::string_view list = info.list.substr(std::min<std::size_t>(1, info.list.size()));
  return list.substr(0, list.find('/'));
}
std::string_view inner_name(const OperationInfo& info) {
  const std::size_t slash = info.list.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? std::string_view{} : info.list.substr(slash + 1);
}

bool is_good_code(std::string_view code) {
  constexpr std::array<std::string_view, 5> kGood{"", "200", "success", "Success", "OK"};
  return std::find(kGood.begin(), kGood.end(), code) != kGood.end();
}

template <std::size_t N>
bool is_one_of(std::string_view key, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

// `pageNumber` and `PageNumber` are the same parameter; `ImageId.1` is one of `ImageId`.
std::string canonical_key(std::string_view key) {
  std::string name(key);
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot + 1 < name.size() &&
      name.find_first_not_of("0123456789", dot + 1) == std::string::npos) {
    name.resize(dot);
  }
  return name;
}

// Paging, region, language, and what every call carries: none of it is a filter.
constexpr std::array<std::string_view, 15> kNoFilter{
    "PageNumber", "PageSize",     "MaxResults",     "MaxItems", "NextToken", "Marker", "RegionId", "Language",
    "Lang",       "LanguageType", "AcceptLanguage", "Action",   "Version",   "Format", "Timestamp"};

constexpr std::array<std::string_view, 13> kSubjects{
    "ImageId",   "ImageIds", "TemplateId", "TemplateIds", "BundleId", "BundleIds",         "UserName",
    "GroupName", "RoleName", "PolicyName", "TargetId",    "ChildId",  "AppInstanceGroupId"};

}  // namespace

DocumentReader::AnswerShapes& DocumentReader::answer_shapes() {
  answers_.resize(static_cast<std::size_t>(Operation::kCount));
  auto& shapes = answers_[static_cast<std::size_t>(frame_.operation)];
  if (shapes == nullptr) {
    const OperationInfo& info = operation_info(frame_.operation);
    const std::string_view payload = info.list.empty() ? object_name(frame_.operation) : outer_name(info);
    const std::string_view second = frame_.operation == Operation::kGetPolicy ? "DefaultPolicyVersion" : "";
    shapes = std::make_unique<AnswerShapes>(AnswerShapes{
        ObjectShape{"Code", "Message", "Success", "NextToken", "Marker", "IsTruncated", "PageNumber",
                    info.total.empty() ? std::string_view{"TotalCount"} : info.total, payload, second, "Body"},
        ObjectShape{inner_name(info)}});
  }
  return *shapes;
}

void DocumentReader::begin_file(const InputFile& file) {
  file_ = &file;
  file_name_ = store_.intern(file.display);
  unknown_operations_.clear();
}

void DocumentReader::end_file() {
  for (const auto& [operation, lines] : unknown_operations_) {
    store_.notes.push_back(fmt::format("{}: {} {} skipped, `{}` is no operation that is read", file_->display, lines,
                                       lines == 1 ? "line" : "lines", operation));
  }
}

JsonFault DocumentReader::take_fault() { return fault_ ? *std::exchange(fault_, {}) : json_.take_fault(); }

// A fault that no value has, but the answer as a whole.
bool DocumentReader::refuse(std::string pointer, std::string what) {
  fault_ = JsonFault{Errc::kMalformedInput, 0, std::move(pointer), std::move(what)};
  return false;
}

bool DocumentReader::read_time(bool& has_time, Time& time) {
  const std::uint32_t at = json_.offset();
  std::string_view text;
  if (!json_.string(text)) return false;
  if (text.empty()) return true;
  const auto parsed = parse_cloud_time(text);
  if (!parsed)
    return json_.refuse(at, fmt::format("time `{}`, expected one like 2026-11-24T08:00:00Z", text.substr(0, 40)));
  has_time = true;
  time = *parsed;
  return true;
}

bool DocumentReader::read_account_object(FolderAccount& account, std::string& id) {
  enum : int { kAccountId, kExportedAt, kRegions, kArn, kPrincipalId, kAccountBody };
  return json_.object(account_, [&](int field) {
    std::string_view text;
    switch (field) {
      case kAccountId:
        if (!json_.id(text)) return false;
        id = text;
        return true;
      case kExportedAt:
        return read_time(account.has_time, account.time);
      case kRegions:
        if (json_.peek() == 'n') return json_.skip();
        return json_.array([&](std::uint32_t) {
          std::string_view region;
          if (!json_.id(region)) return false;
          if (!region.empty()) account.regions.push_back(store_.intern(region));
          return true;
        });
      case kArn:
      case kPrincipalId:
        account.caller_identity = true;
        return json_.skip();
      case kAccountBody:
        if (json_.peek() != '{' || has_body_) return json_.skip();
        has_body_ = true;
        return read_account_object(account, id);
      default:
        return json_.skip();
    }
  });
}

bool DocumentReader::read_account(std::string_view text) {
  FolderAccount account;
  std::string id;
  has_body_ = false;
  if (!json_.open(text) || !read_account_object(account, id) || !json_.close()) return false;
  const bool is_identity = file_->operation == Operation::kGetCallerIdentity;
  account.caller_identity = account.caller_identity || is_identity;
  if (id.empty()) {
    if (is_identity) {
      store_.notes.push_back(fmt::format("{}: no AccountId, so it names no account", file_->display));
      return true;
    }
    return refuse("/AccountId", "missing, expected the account that the folder's exports belong to");
  }
  account.id = store_.intern(id);
  account.file = file_->display;
  static_cast<void>(store_.account(account.id));
  if (account.caller_identity) store_.caller_identities.push_back(account.id);
  const auto [at, added] = store_.folders.try_emplace(std::string(file_->folder()), account);
  if (added) return true;
  FolderAccount& known = at->second;
  if (known.id != account.id) {
    return refuse("/AccountId", fmt::format("account `{}`, expected `{}` as {} says", id,
                                            store_.strings->text(known.id), known.file));
  }
  // account.json and the identity of its caller side by side: what either knows.
  if (!known.has_time && account.has_time) {
    known.has_time = true;
    known.time = account.time;
  }
  if (known.regions.empty()) known.regions = account.regions;
  return true;
}

bool DocumentReader::read_body(std::string_view text) {
  line_ = 0;
  frame_ = {};
  frame_.operation = file_->operation;
  frame_.has_request = !file_->parameters.empty();
  parameters_.clear();
  for (const auto& [key, value] : file_->parameters) {
    if (!names_secret(key)) parameters_.push_back({canonical_key(key), value});
  }
  if (!json_.open(text)) return false;
  if (frame_.operation == Operation::kLookupEvents && json_.peek() == '[') {
    return read_event_array("") && json_.close() && finish_page();
  }
  return read_answer("") && json_.close() && finish_page();
}

bool DocumentReader::read_envelope(std::string_view text, std::uint32_t line) {
  enum : int { kOperation, kRequest, kAccountId, kRegionId, kExportedAt, kResponse };
  line_ = line;
  frame_ = {};
  parameters_.clear();
  bool has_operation = false;
  bool has_response = false;
  bool is_read = false;
  JsonCursor::Mark response;
  const auto read_response = [&] {
    is_read = true;
    if (frame_.operation == Operation::kLookupEvents && json_.peek() == '[') return read_event_array("/Response");
    return read_answer("/Response");
  };
  if (!json_.open(text)) return false;
  const bool good = json_.object(envelope_, [&](int field) {
    std::string_view value;
    switch (field) {
      case kOperation: {
        if (!json_.string(value)) return false;
        has_operation = !value.empty();
        if (const auto found = find_operation(value)) {
          frame_.operation = *found;
        } else if (has_operation) {
          ++unknown_operations_[std::string(value)];
        }
        return true;
      }
      case kRequest:
        frame_.has_request = json_.peek() != 'n';
        return frame_.has_request ? read_request() : json_.skip();
      case kAccountId:
        if (!json_.id(value)) return false;
        frame_.account = value;
        return true;
      case kRegionId:
        if (!json_.id(value)) return false;
        frame_.region = value;
        return true;
      case kExportedAt:
        return read_time(frame_.has_time, frame_.time);
      case kResponse:
        has_response = json_.peek() != 'n';
        response = json_.mark();
        // The operation says how to read it: where that comes later, the answer is read at the end.
        return frame_.operation == Operation::kCount || !has_response ? json_.skip() : read_response();
      default:
        return json_.skip();
    }
  });
  if (!good || !json_.close()) return false;
  if (!has_operation) return refuse("/Operation", "missing, expected the name of an operation");
  if (!has_response) return refuse("/Response", "missing, expected the body of a response");
  if (frame_.operation == Operation::kCount) return true;
  if (!is_read) {
    json_.rewind(response);
    if (!read_response()) return false;
  }
  return finish_page();
}

bool DocumentReader::read_request() {
  return json_.members([&](std::string_view name) {
    const std::string key = canonical_key(name);
    if (names_secret(key)) return json_.skip();
    if (json_.peek() != '[') return add_request_value(key);
    return json_.array([&](std::uint32_t) { return add_request_value(key); });
  });
}

bool DocumentReader::add_request_value(std::string_view key) {
  std::string_view value;
  if (json_.peek() == '"') {
    if (!json_.string(value)) return false;
  } else {
    if (!json_.raw(value)) return false;
    if (value == "null" || value == "[]" || value == "{}") value = {};
  }
  parameters_.push_back({std::string(key), std::string(value)});
  return true;
}

bool DocumentReader::read_answer(const std::string& pointer) {
  page_ = static_cast<std::uint32_t>(store_.pages.size());
  Page page;
  page.file = file_name_;
  page.line = line_;
  page.operation = frame_.operation;
  store_.pages.push_back(page);
  store_.facts.push_back({});
  store_.extents.push_back({});
  has_object_ = has_body_ = has_null_list_ = false;
  success_.reset();
  shape_fault_.reset();
  marks_ = {store_.ram.memberships.size(), store_.ram.attachments.size(), store_.ram.policies.size(),
            store_.ram.control_attachments.size()};
  return read_plain_answer(pointer);
}

bool DocumentReader::read_event_array(std::string_view pointer) {
  page_ = static_cast<std::uint32_t>(store_.pages.size());
  Page page;
  page.file = file_name_;
  page.line = line_;
  page.operation = frame_.operation;
  page.pointer = store_.intern(pointer);
  store_.pages.push_back(page);
  store_.facts.push_back({});
  store_.extents.push_back({});
  shape_fault_.reset();
  success_.reset();
  has_null_list_ = false;
  facts().has_list = true;
  return json_.array([&](std::uint32_t index) { return read_item(index); });
}

bool DocumentReader::read_plain_answer(const std::string& pointer) {
  body_pointer_ = pointer;
  AnswerShapes& shapes = answer_shapes();
  const OperationInfo& info = operation_info(frame_.operation);
  return json_.object(shapes.body, [&](int field) {
    std::string_view text;
    std::optional<std::int64_t> number;
    std::optional<bool> truth;
    switch (field) {
      case kCode:
        if (!json_.word(text)) return false;
        facts().code = store_.intern(code_without_secrets(text));
        return true;
      case kMessage:
        if (json_.peek() != '"') return json_.skip();
        if (!json_.string(text)) return false;
        facts().message = store_.intern(message_without_secrets(text).substr(0, 1000));
        return true;
      case kSuccess:
        return json_.boolean(success_);
      case kNextToken:
      case kMarker:
        if (!json_.word(text)) return false;
        if (!text.empty()) extent().token_out = store_.intern(text);
        return true;
      case kIsTruncated:
        if (!json_.boolean(truth)) return false;
        extent().has_truncated = truth.has_value();
        extent().truncated = truth.value_or(false);
        return true;
      case kPageNumber:
        if (!json_.integer(number, 0, kMaxInt64)) return false;
        if (number) extent().number = *number;
        return true;
      case kTotal:
        if (!json_.integer(number, 0, kMaxInt64)) return false;
        if (number && !info.total.empty()) extent().total = *number;
        return true;
      case kPayload:
      case kSecondPayload: {
        if (json_.peek() == 'n') {
          has_null_list_ = has_null_list_ || !info.list.empty();
          return json_.skip();
        }
        return read_list(pointer);
      }
      case kBody:
        if (json_.peek() != '{' || has_body_) return json_.skip();
        has_body_ = true;
        return read_plain_answer(pointer + "/body");
      default:
        return json_.skip();
    }
  });
}

bool DocumentReader::read_list(const std::string& pointer) {
  const OperationInfo& info = operation_info(frame_.operation);
  const bool is_list = !info.list.empty();
  const bool is_plain_value = frame_.operation == Operation::kGetCallerIdentity;
  const std::string_view inner = inner_name(info);
  const char wanted = is_list && inner.empty() ? '[' : '{';
  if (!is_plain_value && json_.peek() != wanted) {
    const JsonCursor::Mark value = json_.mark();
    if (!json_.skip()) return false;
    const JsonCursor::Mark after = json_.mark();
    json_.rewind(value);
    json_.refuse_type(wanted == '[' ? "an array" : "an object");
    shape_fault_ = json_.take_fault();
    json_.rewind(after);
    return true;
  }
  if (!is_list) {
    has_object_ = true;
    if (store_.pages[page_].pointer == StringId{}) {
      store_.pages[page_].pointer =
          store_.intern(is_plain_value ? pointer : pointer + "/" + std::string(object_name(frame_.operation)));
    }
    return read_object();
  }
  if (facts().has_list) return refuse(pointer + std::string(info.list), "list given twice, expected it once");
  if (inner.empty()) return read_items(pointer + std::string(info.list));
  return json_.object(answer_shapes().inner, [&](int) {
    if (json_.peek() == 'n') {
      has_null_list_ = true;
      return json_.skip();
    }
    return read_items(pointer + std::string(info.list));
  });
}

bool DocumentReader::read_items(const std::string& pointer) {
  facts().has_list = true;
  // The accounts of a permission are values, not records: they hang on the body.
  const bool is_values = frame_.operation == Operation::kDescribeImagePermission;
  store_.pages[page_].pointer =
      store_.intern(is_values ? std::string_view(pointer).substr(0, pointer.rfind('/')) : std::string_view(pointer));
  return json_.array([&](std::uint32_t index) { return read_item(index); });
}

std::string_view DocumentReader::parameter(std::string_view key) const {
  const auto found =
      std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.key == key; });
  return found == parameters_.end() ? std::string_view{} : std::string_view(found->value);
}

const FolderAccount* DocumentReader::folder_account() const {
  std::string_view folder = file_->folder();
  while (true) {
    if (store_.bad_folders.contains(folder)) return nullptr;
    if (const auto found = store_.folders.find(folder); found != store_.folders.end()) return &found->second;
    if (folder.empty()) return nullptr;
    const std::size_t slash = folder.rfind('/');
    folder = slash == std::string_view::npos ? std::string_view{} : folder.substr(0, slash);
  }
}

bool DocumentReader::finish_account() {
  Page& page = store_.pages[page_];
  const FolderAccount* folder = folder_account();
  if (frame_.account.empty() && folder == nullptr) {
    return refuse(line_ == 0 ? "" : "/AccountId",
                  "no account known, expected an account.json with the AccountId in the folder or above it, or the "
                  "AccountId in an envelope");
  }
  const StringId id = frame_.account.empty() ? folder->id : store_.intern(frame_.account);
  page.account = store_.account(id);
  // The folder of another account says nothing of this one.
  if (folder != nullptr && folder->id != id) folder = nullptr;
  page.has_time = frame_.has_time;
  page.exported_at = frame_.time;
  if (!frame_.has_time && folder != nullptr) {
    page.has_time = folder->has_time;
    page.exported_at = folder->time;
  }
  // A permission is asked in a region but answers for one image: there the region only tells two answers apart.
  const bool is_permission = page.operation == Operation::kDescribeImagePermission;
  if (!is_permission && operation_info(page.operation).scope != ListScope::kRegion) return true;
  if (frame_.region.empty()) frame_.region = parameter("RegionId");
  if (!frame_.region.empty()) {
    facts().region = store_.intern(frame_.region);
  } else if (is_permission) {
    return true;
  } else if (folder != nullptr) {
    if (folder->regions.size() == 1) facts().region = folder->regions.front();
  } else {
    for (const auto& [path, account] : store_.folders) {
      if (account.id == id && account.regions.size() == 1) facts().region = account.regions.front();
    }
  }
  return true;
}

void DocumentReader::finish_request() {
  PageFacts& page = facts();
  PageExtent& extent = this->extent();
  const OperationInfo& info = operation_info(frame_.operation);
  extent.has_request = frame_.has_request;
  std::vector<std::string> filters;
  std::vector<StringId> subjects;
  for (const Parameter& p : parameters_) {
    if (p.value.empty()) continue;
    if (p.key == "PageNumber" && extent.number < 0) {
      const char* const end = p.value.data() + p.value.size();
      std::int64_t number = 0;
      const auto [stopped, error] = std::from_chars(p.value.data(), end, number);
      if (error == std::errc{} && stopped == end && number >= 0) extent.number = number;
    }
    if (p.key == "NextToken" || p.key == "Marker") extent.token_in = store_.intern(p.value);
    if (page.failure && is_one_of(p.key, kSubjects)) {
      // A list of ids may come as a JSON string.
      const auto list = p.value.front() == '[' ? JsonDocument::parse(p.value) : tl::make_unexpected(JsonError{});
      if (list && list->root().is(JsonType::kArray)) {
        for (const JsonValue& item : list->root().items) {
          if (item.is(JsonType::kString)) subjects.push_back(store_.intern(item.text));
        }
      } else {
        subjects.push_back(store_.intern(p.value));
      }
    }
    if (!info.parent.empty() && p.key == info.parent) {
      page.parent = store_.intern_again(p.value);
    } else if (!is_one_of(p.key, kNoFilter)) {
      filters.push_back(p.key + "=" + p.value);
    }
  }
  if (extent.number < 0) extent.number = file_->page_number;
  page.is_part = extent.token_in != StringId{} || extent.token_out != StringId{} || extent.number > 1;
  std::sort(filters.begin(), filters.end());
  if (!filters.empty() && info.scope != ListScope::kNone)
    extent.filter = store_.intern(fmt::format("{}", fmt::join(filters, "&")));
  // Only a failure is told of by what its request names.
  if (!subjects.empty()) {
    page.subjects = static_cast<std::uint32_t>(store_.subjects.size());
    store_.subjects.push_back(std::move(subjects));
  }
}

// The records of a list that its request names (`UserName`) get that name.
void DocumentReader::finish_ram() {
  const StringId parent = facts().parent;
  RamTables& ram = store_.ram;
  for (std::size_t i = marks_.memberships; i < ram.memberships.size(); ++i) {
    Membership& member = ram.memberships[i];
    (frame_.operation == Operation::kListGroupsForUser ? member.user : member.group) = parent;
  }
  for (std::size_t i = marks_.attachments; i < ram.attachments.size(); ++i) {
    if (operation_info(frame_.operation).scope == ListScope::kParent) ram.attachments[i].holder = parent;
  }
  for (std::size_t i = marks_.control_attachments; i < ram.control_attachments.size(); ++i) {
    ram.control_attachments[i].target = parent;
  }
  for (std::size_t i = marks_.policies; i < ram.policies.size(); ++i) {
    if (frame_.operation != Operation::kGetPolicyVersion) continue;
    ram.policies[i].name = parent;
    ram.policies[i].type = store_.intern(parameter("PolicyType"));
  }
}

bool DocumentReader::finish_page() {
  PageFacts& page = facts();
  const OperationInfo& info = operation_info(frame_.operation);
  const std::string prefix = line_ == 0 ? "" : "/Response";
  const bool has_payload = info.list.empty() ? has_object_ : page.has_list;
  page.failure = success_ == false || (!is_good_code(store_.strings->text(page.code)) && !has_payload);
  if (!finish_account()) return false;
  finish_request();
  if (page.failure) {
    // What it tells stands in the body itself, whatever else is in there.
    store_.pages[page_].pointer = store_.intern(body_pointer_);
    return true;
  }
  if (shape_fault_) {
    fault_ = std::exchange(shape_fault_, {});
    return false;
  }
  const std::string_view object = object_name(frame_.operation);
  // null is how some SDKs write an empty list; whether it is one, the total tells.
  page.has_list = page.has_list || has_null_list_;
  if (!info.list.empty() && !page.has_list) {
    if (extent().total != 0) return refuse(prefix + std::string(info.list), "missing, expected an array");
    page.has_list = true;
  } else if (info.list.empty() && !object.empty() && !has_object_) {
    return refuse(fmt::format("{}/{}", prefix, object), "missing, expected an object");
  }
  const bool may_lack_parent =
      frame_.operation == Operation::kListAppInstances || frame_.operation == Operation::kListPersistentAppInstances;
  if (!info.parent.empty() && page.parent == StringId{} && !may_lack_parent) {
    return refuse(
        line_ == 0 ? "" : "/Request",
        fmt::format("no {0} known, expected it in the file name ({1}.{0}=…json) or in the Request of an envelope",
                    info.parent, info.name));
  }
  if (frame_.operation == Operation::kGetPolicyVersion && parameter("PolicyType").empty()) {
    return refuse(line_ == 0 ? "" : "/Request",
                  "no PolicyType known, expected it in the file name (….PolicyType=Custom.json) or in the Request of "
                  "an envelope");
  }
  finish_ram();
  return true;
}

}  // namespace imagewarden::inventory
