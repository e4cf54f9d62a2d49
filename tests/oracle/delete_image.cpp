// The preconditions of DeleteImage, their order, and the answer.

#include <algorithm>
#include <set>

#include "tests/oracle/oracle.h"

namespace oracle {
namespace {

struct Sighting {
  const Page* page{};
  Json record;
};

// A field of an image that every export of it tells together.
struct Column {
  bool contradicted{};  // exports disagree, none is certainly newer: not known
  std::string value;    // empty: no export says
  [[nodiscard]] bool is(const std::vector<std::string>& values) const {
    return !contradicted && contains(values, value);
  }
};

// The two services spell the same value differently.
std::string same_spelling(const std::string& value) {
  static const std::map<std::string, std::string> ecd = {{"CUSTOM", "User"},         {"SYSTEM", "System"},
                                                         {"SHARED", "Shared"},       {"Creating", "CREATING"},
                                                         {"Available", "AVAILABLE"}, {"CreateFailed", "CREATE_FAILED"}};
  const auto found = ecd.find(value);
  return found == ecd.end() ? value : found->second;
}

class Image {
 public:
  Image(const World& world, const std::string& account, const std::string& id)
      : world_(world), account_(account), id_(id) {
    for (const std::string operation : {"ListImage", "DescribeImages"}) {
      for (const Page* page : world_.of(account_, operation)) {
        for (const Json& item : page->items) {
          if (text_of(item, "ImageId") == id_) sightings_.push_back({page, item});
        }
      }
    }
  }

  [[nodiscard]] bool is_seen() const { return !sightings_.empty(); }
  [[nodiscard]] bool is_in_list() const {
    return std::any_of(sightings_.begin(), sightings_.end(),
                       [](const Sighting& s) { return s.page->operation == "ListImage"; });
  }

  // Where exports disagree the newest one wins; if one of them has no time, or the newest disagree, it is not known.
  [[nodiscard]] Column column(const std::string& field) const {
    std::set<std::string> values;
    std::set<std::string> newest_values;
    std::optional<long long> newest;
    bool all_have_times = true;
    for (const Sighting& sighting : sightings_) {
      const std::string value = same_spelling(text_of(sighting.record, field));
      if (value.empty()) continue;
      values.insert(value);
      const auto time = sighting.page->exported_at;
      if (!time) {
        all_have_times = false;
      } else if (!newest || *time > *newest) {
        newest = time;
        newest_values = {value};
      } else if (*time == *newest) {
        newest_values.insert(value);
      }
    }
    if (values.empty()) return {};
    if (values.size() == 1) return {false, *values.begin()};
    if (all_have_times && newest_values.size() == 1) return {false, *newest_values.begin()};
    return {true, ""};
  }

  // The product line; an image that only DescribeImages shows is of cloud desktops.
  [[nodiscard]] Column product() const {
    if (!is_in_list()) return {false, "CloudDesktop"};
    return column("ProductType");
  }
  // Whether it is of this product line for all that is known.
  [[nodiscard]] bool could_be(const std::string& product_line) const {
    static const std::vector<std::string> lines = {"CloudApp", "CloudDesktop", "WuyingServer"};
    const Column found = product();
    return found.contradicted || found.value == product_line || !contains(lines, found.value);
  }

  [[nodiscard]] std::vector<std::string> region_statuses() const {
    std::vector<std::string> statuses;
    for (const Sighting& sighting : sightings_) {
      if (!has_field(sighting.record, "ImageRegionDistributeList")) continue;
      for (const Json& entry : sighting.record["ImageRegionDistributeList"])
        statuses.push_back(text_of(entry, "Status"));
    }
    return statuses;
  }

  [[nodiscard]] std::vector<std::string> regions() const {
    std::set<std::string> regions;
    for (const Sighting& sighting : sightings_) {
      if (!is_in_list() && !sighting.page->region.empty()) regions.insert(sighting.page->region);
      if (has_field(sighting.record, "ImageRegionList")) {
        for (const Json& region : sighting.record["ImageRegionList"]) regions.insert(region.get<std::string>());
      }
      if (has_field(sighting.record, "ImageRegionDistributeList")) {
        for (const Json& entry : sighting.record["ImageRegionDistributeList"])
          regions.insert(text_of(entry, "RegionId"));
      }
    }
    regions.erase("");
    if (regions.empty()) {
      const auto account = world_.regions.find(account_);
      if (account != world_.regions.end()) regions.insert(account->second.begin(), account->second.end());
    }
    return {regions.begin(), regions.end()};
  }

  // What names this image in `field`: known to, or perhaps.
  [[nodiscard]] Tri used_by(const std::string& list, const std::string& get, const std::string& id_field,
                            const std::string& field) const {
    std::vector<std::pair<const Page*, Json>> records;
    for (const Page* page : world_.of(account_, list)) {
      for (const Json& item : page->items) records.emplace_back(page, item);
    }
    if (!get.empty()) {
      for (const Page* page : world_.of(account_, get))
        records.emplace_back(page, page->body.at("AppInstanceGroupModels"));
    }
    Tri used = Tri::kFalse;
    for (const auto& [page, record] : records) {
      // Other exports of the same thing that name another image: the newer one counts.
      bool contradicted = false;
      bool outdated = false;
      for (const auto& [other_page, other] : records) {
        if (text_of(other, id_field) != text_of(record, id_field) || !has_field(other, field)) continue;
        if (text_of(other, field) == text_of(record, field)) continue;
        const bool comparable =
            page->exported_at && other_page->exported_at && *page->exported_at != *other_page->exported_at;
        contradicted = contradicted || !comparable;
        outdated = outdated || (comparable && *other_page->exported_at > *page->exported_at);
      }
      if (outdated) continue;
      if (!has_field(record, field)) {
        used = either(used, Tri::kUnknown);  // whatever image it is
      } else if (text_of(record, field) == id_) {
        used = either(used, contradicted ? Tri::kUnknown : Tri::kTrue);
      }
    }
    return used;
  }

  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  const World& world_;
  const std::string& account_;
  const std::string& id_;
  std::vector<Sighting> sightings_;
};

class Rules {
 public:
  Rules(const World& world, const Question& question, const Permission& permission, const std::string& id)
      : world_(world),
        question_(question),
        permission_(permission),
        account_(question.account),
        id_(id),
        image_(world, account_, id_) {}

  // Whether the rule is violated. Rules that are not evaluated hold.
  [[nodiscard]] Tri violated(const std::string& rule) const {
    if (rule == "permission") return permission();
    if (rule == "exists") return exists();
    if (!image_.is_seen()) return Tri::kFalse;
    if (rule == "not-received") return not_received();
    if (rule == "custom") return custom();
    if (rule == "not-creating") return not_creating();
    if (rule == "not-community-parent") return not_community_parent();
    if (rule == "not-shared-out") return not_shared_out();
    if (rule == "no-cloud-computer-pool") return no_cloud_computer_pool();
    if (rule == "not-in-use") return not_in_use();
    if (rule == "templates-readable") return templates_readable();
    if (rule == "templates-exist") return of(has_recorded("InvalidTemplate.NotFound"));
    return of(has_recorded("DeleteTemplate.Failed"));
  }

  [[nodiscard]] const Image& image() const { return image_; }

  // Templates and user bundles that reference the image; nothing: not known.
  [[nodiscard]] std::optional<std::vector<std::string>> templates() const {
    const bool is_known = state("DescribeTemplates") == State::kComplete && !template_query_failed() &&
                          complete_in_every_region("DescribeBundles", image_.regions());
    if (image_.could_be("CloudDesktop") && !is_known) return std::nullopt;
    std::set<std::string> ids;
    for (const Page* page : world_.of(account_, "DescribeTemplates")) {
      for (const Json& item : page->items) {
        if (text_of(item, "ImageId") == id_ && text_of(item, "TemplateType") != "SYSTEM_TEMPLATE")
          ids.insert(text_of(item, "TemplateId"));
      }
    }
    for (const Page* page : world_.of(account_, "DescribeBundles")) {
      for (const Json& item : page->items) {
        if (text_of(item, "ImageId") == id_ && text_of(item, "BundleType") != "SYSTEM")
          ids.insert(text_of(item, "BundleId"));
      }
    }
    return std::vector<std::string>(ids.begin(), ids.end());
  }

 private:
  [[nodiscard]] State state(const std::string& operation, const std::string& region = "",
                            const std::string& parent = "") const {
    return world_.state(account_, operation, region, parent);
  }
  // What is not proven holds only if the list is complete.
  static Tri unless_complete(Tri found, bool complete) {
    return found == Tri::kFalse && !complete ? Tri::kUnknown : found;
  }

  [[nodiscard]] Tri permission() const {
    if (permission_.decision == "allow") return Tri::kFalse;
    return permission_.decision == "indeterminate" ? Tri::kUnknown : Tri::kTrue;
  }

  [[nodiscard]] Tri exists() const {
    if (id_.empty()) return Tri::kTrue;
    if (image_.is_seen()) return Tri::kFalse;
    // ListImage need not show an image of cloud desktops, DescribeImages does.
    const bool complete = starts_with(id_, "m-") ? complete_in_every_region("DescribeImages", account_regions())
                                                 : state("ListImage") == State::kComplete;
    return complete ? Tri::kTrue : Tri::kUnknown;
  }

  [[nodiscard]] std::vector<std::string> account_regions() const {
    const auto found = world_.regions.find(account_);
    return found == world_.regions.end() ? std::vector<std::string>{} : found->second;
  }

  [[nodiscard]] bool complete_in_every_region(const std::string& operation,
                                              const std::vector<std::string>& regions) const {
    if (regions.empty()) return false;
    return std::all_of(regions.begin(), regions.end(),
                       [&](const std::string& region) { return state(operation, region) == State::kComplete; });
  }

  [[nodiscard]] Tri not_received() const {
    const Column type = image_.column("ImageType");
    const Column owner = image_.column("AliUid");
    const Tri owned_by_other = owner.contradicted ? Tri::kUnknown : of(!owner.value.empty() && owner.value != account_);
    if (type.contradicted) return Tri::kUnknown;
    if (type.value == "Shared") return Tri::kTrue;
    return type.value == "User" ? owned_by_other : Tri::kFalse;
  }

  [[nodiscard]] Tri custom() const {
    const Column type = image_.column("ImageType");
    if (type.is({"Community"})) return of(!question_.delete_community);
    if (type.is({"System", "Shared"})) return Tri::kTrue;
    return type.is({"User"}) ? Tri::kFalse : Tri::kUnknown;
  }

  [[nodiscard]] Tri not_creating() const {
    const std::vector<std::string> creating = {"CREATING", "INIT"};
    const std::vector<std::string> done = {"AVAILABLE", "CREATE_FAILED"};
    const Column status = image_.column("Status");
    Tri result = status.is(creating) ? Tri::kTrue : status.is(done) ? Tri::kFalse : Tri::kUnknown;
    for (const std::string& entry : image_.region_statuses()) {
      const std::string value = same_spelling(entry);
      result = either(result, contains(creating, value) ? Tri::kTrue
                              : contains(done, value)   ? Tri::kFalse
                                                        : Tri::kUnknown);
    }
    return result;
  }

  [[nodiscard]] Tri not_community_parent() const {
    Tri found = Tri::kFalse;
    for (const Page* page : world_.of(account_, "ListImage")) {
      for (const Json& item : page->items) {
        const std::string child = text_of(item, "ImageId");
        if (child == id_ || (text_of(item, "ParentImageId") != id_ && text_of(item, "BaseImageId") != id_)) continue;
        const Column type = Image(world_, account_, child).column("ImageType");
        if (type.is({"Community"})) found = Tri::kTrue;
        if (type.contradicted || !type.is({"Community", "User", "Shared", "System"}))
          found = either(found, Tri::kUnknown);
      }
    }
    return unless_complete(found, state("ListImage") == State::kComplete);
  }

  [[nodiscard]] Tri not_shared_out() const {
    bool is_known = state("DescribeImagePermission", "", id_) == State::kComplete;
    for (const Page* page : world_.of(account_, "DescribeImagePermission")) {
      if (page->parameter("ImageId") == id_ && !page->items.empty()) return Tri::kTrue;
    }
    for (const Page* page : world_.of(account_, "DescribeImages")) {
      for (const Json& item : page->items) {
        if (text_of(item, "ImageId") != id_ || !has_field(item, "SharedCount")) continue;
        if (text_of(item, "SharedCount") != "0") return Tri::kTrue;
        is_known = true;
      }
    }
    return unless_complete(Tri::kFalse, is_known);
  }

  [[nodiscard]] Tri no_cloud_computer_pool() const {
    Tri found = image_.used_by("DescribeDesktopGroups", "", "DesktopGroupId", "ImageId");
    for (const Page* page : world_.of(account_, "DescribeDesktops")) {
      for (const Json& item : page->items) {
        if (text_of(item, "DesktopGroupId").empty() || text_of(item, "DesktopStatus") == "Deleted") continue;
        if (text_of(item, "ImageId") == id_) found = Tri::kTrue;
        if (!has_field(item, "ImageId")) found = either(found, Tri::kUnknown);  // whatever image it is
      }
    }
    if (!image_.could_be("CloudDesktop")) return of(found == Tri::kTrue);
    return unless_complete(found, complete_in_every_region("DescribeDesktopGroups", image_.regions()) &&
                                      complete_in_every_region("DescribeDesktops", image_.regions()));
  }

  [[nodiscard]] Tri not_in_use() const {
    Tri groups =
        image_.used_by("ListAppInstanceGroup", "GetAppInstanceGroup", "AppInstanceGroupId", "AppCenterImageId");
    Tri servers = image_.used_by("ListWuyingServer", "", "WuyingServerId", "ImageId");
    groups = image_.could_be("CloudApp") ? unless_complete(groups, state("ListAppInstanceGroup") == State::kComplete)
                                         : of(groups == Tri::kTrue);
    servers = image_.could_be("WuyingServer") ? unless_complete(servers, state("ListWuyingServer") == State::kComplete)
                                              : of(servers == Tri::kTrue);
    return either(groups, servers);
  }

  // A failure for certain templates says nothing of the query of all.
  [[nodiscard]] bool template_query_failed() const {
    return std::any_of(world_.pages.begin(), world_.pages.end(), [&](const Page& page) {
      return page.account == account_ && page.operation == "DescribeTemplates" && page.is_failure &&
             page.subjects.empty();
    });
  }

  [[nodiscard]] Tri templates_readable() const {
    if (has_recorded("QueryTemplate.Failed")) return Tri::kTrue;
    if (!template_query_failed() || !image_.could_be("CloudDesktop")) return Tri::kFalse;
    return image_.product().contradicted ? Tri::kUnknown : Tri::kTrue;
  }

  // A failure with this code, recorded for the image or for a template of it.
  [[nodiscard]] bool has_recorded(const std::string& code) const {
    for (const Page& page : world_.pages) {
      if (page.account != account_ || !page.is_failure || text_of(page.body, "Code") != code) continue;
      for (const std::string& subject : page.subjects) {
        if (subject == id_ || is_template_of_image(subject)) return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_template_of_image(const std::string& template_id) const {
    for (const Page* page : world_.of(account_, "DescribeTemplates")) {
      for (const Json& item : page->items) {
        if (text_of(item, "TemplateId") == template_id && text_of(item, "ImageId") == id_) return true;
      }
    }
    return false;
  }

  const World& world_;
  const Question& question_;
  const Permission& permission_;
  const std::string& account_;
  const std::string& id_;
  const Image image_;
};

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!contains(list, text)) list.push_back(text);
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& rules() {
  static const std::vector<std::pair<std::string, std::string>> in_order = {
      {"permission", "NoPermission"},
      {"exists", "Image.NotExist"},
      {"not-received", "ImageDeleteFailed.NotAllowSharedImage"},
      {"custom", "ImageDeleteFailed.NotAllow"},
      {"not-creating", "InvalidImageOperation.ImageIsCreating"},
      {"not-community-parent", "ImageDeleteFailed.NotAllowCommunityParent"},
      {"not-shared-out", "ImageDeleteFailed.HasSharedImage"},
      {"no-cloud-computer-pool", "ImageNotAllowDelete"},
      {"not-in-use", "ImageDeleteFailed.NotAllow"},
      {"templates-readable", "QueryTemplate.Failed"},
      {"templates-exist", "InvalidTemplate.NotFound"},
      {"templates-deletable", "DeleteTemplate.Failed"},
  };
  return in_order;
}

std::vector<std::string> image_ids(const World& world, const std::string& account) {
  std::set<std::string> ids;
  for (const std::string operation : {"ListImage", "DescribeImages"}) {
    for (const Page* page : world.of(account, operation)) {
      for (const Json& item : page->items) ids.insert(text_of(item, "ImageId"));
    }
  }
  return {ids.begin(), ids.end()};
}

Answer decide(const World& world, const Question& question, const Permission& permission, const std::string& image) {
  const Rules checks(world, question, permission, image);
  Answer answer;
  answer.permission = permission;
  std::vector<std::string> unknown_codes;
  std::vector<std::string> unknown_before;  // codes of what is unknown before the first violation
  for (const auto& [rule, code] : rules()) {
    switch (checks.violated(rule)) {
      case Tri::kTrue:
        if (answer.violated.empty()) {
          answer.code = code;
          unknown_before = unknown_codes;
        }
        answer.violated.push_back(rule);
        break;
      case Tri::kUnknown:
        answer.unknown.push_back(rule);
        add_once(unknown_codes, code);
        break;
      case Tri::kFalse:
        break;
    }
  }
  if (!answer.violated.empty()) {
    answer.outcome = "deny";
    answer.possible_codes = {answer.code};
    for (const std::string& code : unknown_before) add_once(answer.possible_codes, code);
  } else if (!answer.unknown.empty()) {
    answer.outcome = "indeterminate";
    answer.possible_codes = unknown_codes;
    add_once(answer.possible_codes, "200");
  } else {
    answer.outcome = "allow";
    answer.code = "200";
    answer.possible_codes = {"200"};
  }
  if (checks.image().is_seen()) {
    answer.regions = checks.image().regions();
    answer.templates = checks.templates();
  }
  return answer;
}

}  // namespace oracle
