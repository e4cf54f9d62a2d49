#include "tests/property/worlds.h"

#include <map>

#include "tests/property/lists.h"
#include "tests/property/policies.h"

namespace property {
namespace {

const std::vector<std::string> kImages = {"img-1", "img-2", "imgc-3", "m-4", "m-5", "img-6"};
const std::vector<std::string> kRegions = {"cn-hangzhou", "cn-shanghai"};
const std::vector<std::string> kUsers = {"alice", "bob.b"};
const std::vector<std::string> kGroups = {"ops", "dev"};
constexpr const char* kAccount = "1001";
constexpr const char* kOther = "2002";

// Fields of a policy, as lists name it.
struct PolicyName {
  std::string name;
  std::string type;
};
const std::vector<PolicyName> kPolicies = {{"p1", "Custom"},
                                           {"p2", "Custom"},
                                           {"p3", "Custom"},
                                           {"AdministratorAccess", "System"},
                                           {"AliyunAppStreamingFullAccess", "System"},
                                           {"AliyunAppStreamingReadOnlyAccess", "System"},
                                           {"PowerUserAccess", "System"}};

constexpr const char* kAllowAll = R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

class WorldMaker {
 public:
  // Few worlds have everything wrong at once: each one draws how bad it is.
  explicit WorldMaker(Random& random)
      : random_(random), fault_percent_(random.pick(std::vector<std::size_t>{0, 1, 3, 8})) {}

  RandomWorld make() {
    RandomWorld out;
    const bool has_neighbour = random_.chance(8);
    make_account(has_neighbour ? "a/" : "", kAccount);
    out.files = std::move(files_);
    if (has_neighbour) {
      files_.clear();
      make_account("b/", kOther);
      out.files.insert(out.files.end(), files_.begin(), files_.end());
    }
    out.principals = {"user/alice", "user/alice", "user/alice", "user/bob.b", "role/Builder", "root", "user/nobody"};
    out.ids = {"img-1", "m-4", "img-9", "m-9", ""};
    return out;
  }

 private:
  bool fault() { return random_.chance(fault_percent_); }
  ListStyle style() const { return {fault_percent_, fault_percent_, fault_percent_ / 2}; }

  void make_account(const std::string& folder, const std::string& account) {
    account_ = account;
    const bool has_time = random_.chance(50);
    regions_ = random_.chance(60) ? kRegions : std::vector<std::string>{random_.pick(kRegions)};
    ListWriter writer(random_, folder, account, has_time);
    writer_ = &writer;
    Json json = {{"AccountId", account}, {"Regions", regions_}};
    if (has_time) json["ExportedAt"] = "2026-11-24T07:00:00Z";
    writer.add("account.json", json.dump());
    make_images();
    make_uses();
    make_templates();
    make_ram();
    // A directory is exported by its management account, for all members: one of them is enough here.
    if (account == kAccount && random_.chance(12)) make_directory();
    files_ = writer.take();
  }

  void write_list(const ListSpec& spec, const std::vector<Json>& items) {
    if (random_.chance(8)) {
      writer_->write_newer(spec, items, style());
    } else {
      writer_->write(spec, items, style());
    }
  }

  // ---- images ----

  void make_images() {
    std::vector<Json> listed;
    std::map<std::string, std::vector<Json>> described;
    for (const std::string& id : kImages) {
      if (!random_.chance(60)) continue;
      const bool is_cloud_computer = id[0] == 'm';
      const bool in_list = random_.chance(is_cloud_computer ? 50 : 90);
      const Json record = image(id);
      // The ecd has no type Community and no status INIT, so what it would say of such images is open.
      const bool has_both_spellings = record.value("ImageType", "") != "Community" &&
                                      record.value("ImageType", "") != "Partner" &&
                                      record.value("Status", "") != "INIT";
      const bool in_describe = !in_list || (has_both_spellings && random_.chance(is_cloud_computer ? 70 : 15));
      if (in_list) add_listed(listed, record, in_describe);
      if (in_describe) add_described(described, record);
      make_permission(id);
    }
    write_list({"ListImage", "Data", "Count", "", "", {}}, listed);
    for (const std::string& region : regions_)
      write_list({"DescribeImages", "Images", "", "NextToken", region, {}}, described[region]);
  }

  Json image(const std::string& id) {
    Json record = {{"ImageId", id}, {"ImageName", "Name of " + id}};
    record["ImageType"] =
        random_.chance(80) ? "User" : random_.pick({"Shared", "System", "Community", "Community", "Partner"});
    record["Status"] = random_.chance(85) ? "AVAILABLE" : random_.pick({"CREATING", "INIT", "CREATE_FAILED"});
    record["ProductType"] = random_.pick({"CloudApp", "CloudApp", "CloudDesktop", "CloudDesktop", "WuyingServer"});
    record["AliUid"] = Json(1001);
    if (account_ == kOther) record["AliUid"] = "2002";
    if (random_.chance(8)) record["AliUid"] = "1001";
    if (random_.chance(6)) record["AliUid"] = 3003;
    if (fault()) record["ImageType"] = "Tailored";
    if (fault()) record.erase("ImageType");
    if (fault()) record["Status"] = "DELETING";
    if (fault()) record.erase("Status");
    if (fault()) record["ProductType"] = "AndroidCloud";
    if (fault()) record.erase("ProductType");
    if (random_.chance(5)) record.erase("AliUid");
    if (random_.chance(15)) record["ParentImageId"] = random_.pick(kImages);
    if (random_.chance(8)) record["BaseImageId"] = random_.pick(kImages);
    if (random_.chance(75))
      record["ImageRegionList"] = random_.chance(70) ? regions_ : std::vector<std::string>{random_.pick(kRegions)};
    if (random_.chance(30)) {
      Json entry = {{"RegionId", random_.pick(kRegions)},
                    {"Status", random_.chance(75) ? "AVAILABLE" : random_.pick({"CREATING", "INIT"})}};
      if (fault()) entry["Status"] = "SYNCING";
      record["ImageRegionDistributeList"] = Json::array({entry});
    }
    return record;
  }

  // Twice with different content only where no other list could tell which one holds.
  void add_listed(std::vector<Json>& listed, const Json& record, bool in_describe) {
    listed.push_back(record);
    if (random_.chance(3)) listed.push_back(record);  // on two pages, for the list moved between the calls
    if (in_describe) return;
    Json other = record;
    if (record.contains("ProductType") && random_.chance(5)) {
      other["ProductType"] = random_.pick({"CloudApp", "WuyingServer"});
      listed.push_back(other);
      return;
    }
    if (!fault()) return;
    const std::string field = random_.pick({"Status", "AliUid", "ImageType", "ProductType"});
    if (!other.contains(field)) return;
    other[field] = field == "Status"      ? Json("CREATING")
                   : field == "AliUid"    ? Json(4004)
                   : field == "ImageType" ? Json("System")
                                          : Json("CloudApp");
    listed.push_back(other);
  }

  void add_described(std::map<std::string, std::vector<Json>>& described, const Json& record) {
    static const std::map<std::string, std::string> spelling = {
        {"User", "CUSTOM"},         {"System", "SYSTEM"},     {"Shared", "SHARED"},
        {"AVAILABLE", "Available"}, {"CREATING", "Creating"}, {"CREATE_FAILED", "CreateFailed"}};
    const auto spelled = [&](const std::string& field) {
      const std::string value = record.value(field, "");
      const auto found = spelling.find(value);
      return found == spelling.end() ? value : found->second;
    };
    Json other = {{"ImageId", record["ImageId"]},
                  {"Name", record["ImageName"]},
                  {"ImageType", spelled("ImageType")},
                  {"Status", spelled("Status")}};
    if (other["ImageType"] == "Community" || other["ImageType"] == "") other["ImageType"] = "CUSTOM";
    if (other["Status"] == "INIT" || other["Status"] == "") other["Status"] = "Creating";
    if (fault()) other["Status"] = "Creating";
    if (random_.chance(60)) other["SharedCount"] = random_.chance(85) ? 0 : 2;
    for (const std::string& region : regions_) {
      if (region == regions_[0] || random_.chance(40)) described[region].push_back(other);
    }
  }

  void make_permission(const std::string& id) {
    if (fault()) return;
    const std::vector<Json> accounts = random_.chance(90) ? std::vector<Json>{} : std::vector<Json>{"5005", 6006};
    writer_->write_answer("DescribeImagePermission", {{"ImageId", id}}, {{"AliUids", accounts}}, regions_[0]);
  }

  // ---- what uses images ----

  Json use(const std::string& id_field, const std::string& id, const std::string& image_field) {
    Json record = {{id_field, id}, {image_field, random_.chance(60) ? random_.pick(kImages) : "img-7"}};
    if (random_.chance(8)) record[image_field] = "";
    if (fault()) record.erase(image_field);
    return record;
  }

  void make_uses() {
    std::vector<Json> groups;
    for (std::size_t i = random_.below(3); i > 0; --i) {
      Json group = use("AppInstanceGroupId", "aig-" + std::to_string(i), "AppCenterImageId");
      group["Status"] = random_.pick({"PUBLISHED", "CEASED"});
      groups.push_back(group);
      if (random_.chance(8)) {
        if (fault()) group["AppCenterImageId"] = random_.pick(kImages);
        writer_->write_answer("GetAppInstanceGroup", {{"AppInstanceGroupId", group["AppInstanceGroupId"]}},
                              {{"AppInstanceGroupModels", group}});
      }
    }
    if (!groups.empty() && fault()) {
      Json other = groups[0];
      other["AppCenterImageId"] = random_.pick(kImages);
      groups.push_back(other);
    }
    write_list({"ListAppInstanceGroup", "AppInstanceGroupModels", "TotalCount", "", "", {}}, groups);

    std::vector<Json> servers;
    for (std::size_t i = random_.below(3); i > 0; --i)
      servers.push_back(use("WuyingServerId", "ws-" + std::to_string(i), "ImageId"));
    writer_->write({"ListWuyingServer", "WuyingServerList", "TotalCount", "", "", {}}, servers, style());

    for (const std::string& region : regions_) {
      std::vector<Json> pools;
      for (std::size_t i = random_.below(2); i > 0; --i)
        pools.push_back(use("DesktopGroupId", "dg-" + region + std::to_string(i), "ImageId"));
      writer_->write({"DescribeDesktopGroups", "DesktopGroups", "", "NextToken", region, {}}, pools, style());
      std::vector<Json> desktops;
      for (std::size_t i = random_.below(3); i > 0; --i) {
        Json desktop = {{"DesktopId", "ecd-" + region + std::to_string(i)}, {"ImageId", random_.pick(kImages)}};
        desktop["DesktopStatus"] = random_.chance(80) ? "Running" : "Deleted";
        if (random_.chance(30)) desktop["DesktopGroupId"] = "dg-" + region + "1";
        if (fault()) desktop.erase("ImageId");
        desktops.push_back(desktop);
      }
      writer_->write({"DescribeDesktops", "Desktops", "TotalCount", "NextToken", region, {}}, desktops, style());
    }
  }

  void make_failure(const std::string& operation, const std::vector<std::pair<std::string, std::string>>& request,
                    const std::string& code) {
    Json body = {{"Code", code}, {"Message", "It failed."}};
    if (random_.chance(30)) body["Success"] = false;
    writer_->write_answer(operation, request, body);
  }

  void make_templates() {
    std::vector<Json> templates;
    for (std::size_t i = random_.below(4); i > 0; --i) {
      templates.push_back({{"TemplateId", "t-" + std::to_string(i)},
                           {"ImageId", random_.pick(kImages)},
                           {"TemplateType", random_.chance(80) ? "USER_TEMPLATE" : "SYSTEM_TEMPLATE"}});
    }
    if (random_.chance(10))
      make_failure("DescribeTemplates", {}, random_.pick({"QueryTemplate.Failed", "InternalError"}));
    writer_->write({"DescribeTemplates", "Data", "TotalCount", "", "", {}}, templates, style());
    for (const std::string& region : regions_) {
      std::vector<Json> bundles;
      for (std::size_t i = random_.below(2); i > 0; --i) {
        bundles.push_back({{"BundleId", "b-" + region + std::to_string(i)},
                           {"ImageId", random_.pick(kImages)},
                           {"BundleType", random_.chance(80) ? "CUSTOM" : "SYSTEM"}});
      }
      writer_->write({"DescribeBundles", "Bundles", "", "NextToken", region, {}}, bundles, style());
    }
    const auto code = [&] {
      return random_.pick(
          {"InvalidTemplate.NotFound", "DeleteTemplate.Failed", "QueryTemplate.Failed", "InternalError"});
    };
    if (random_.chance(12)) make_failure("DeleteImage", {{"ImageId", random_.pick(kImages)}}, code());
    if (random_.chance(8))
      make_failure(random_.pick({"DescribeTemplates", "DeleteTemplates"}), {{"TemplateIds", "t-1"}}, code());
  }

  // ---- RAM ----

  std::vector<Json> attached(std::size_t limit) {
    std::vector<Json> list;
    for (std::size_t i = random_.below(limit + 1); i > 0; --i) list.push_back(policy_item(random_.pick(kPolicies)));
    return list;
  }
  static Json policy_item(const PolicyName& policy) {
    return {{"PolicyName", policy.name}, {"PolicyType", policy.type}};
  }

  void make_document(const PolicyName& policy) {
    if (fault() || (policy.type == "System" && policy.name != "PowerUserAccess" && random_.chance(90))) return;
    std::string text =
        random_.chance(40) ? kAllowAll : random_document(random_, {random_.chance(20) ? 10U : 0U, 35}).dump();
    if (fault()) text = "N/A";
    if (random_.chance(80)) {
      writer_->write_answer(
          "GetPolicy", {{"PolicyName", policy.name}, {"PolicyType", policy.type}},
          {{"Policy", {{"PolicyName", policy.name}, {"PolicyType", policy.type}, {"PolicyDocument", "N/A"}}},
           {"DefaultPolicyVersion", {{"VersionId", "v1"}, {"IsDefaultVersion", true}, {"PolicyDocument", text}}}});
      return;
    }
    writer_->write_answer(
        "GetPolicyVersion", {{"PolicyName", policy.name}, {"PolicyType", policy.type}},
        {{"PolicyVersion", {{"VersionId", "v2"}, {"IsDefaultVersion", random_.chance(85)}, {"PolicyDocument", text}}}});
  }

  // Policies.Policy of one holder, by its own list, by ListPolicyAttachments, or by both.
  void make_holder(const std::string& operation, const std::string& parent, const std::string& name,
                   const std::string& principal_type, std::vector<Json> policies) {
    if (attachments_percent_ == 0 || random_.chance(40)) {
      writer_->write({operation, "Policies/Policy", "", "Marker", "", {parent, name}}, policies, style());
    }
    for (const Json& policy : policies) {
      Json attachment = policy;
      attachment["PrincipalType"] = principal_type;
      attachment["PrincipalName"] = principal_type == "ServiceRole" ? name : name + "@demo.onaliyun.com";
      attachment["ResourceGroupId"] = account_;
      attachments_.push_back(attachment);
    }
    if (random_.chance(15)) {
      Json attachment = policy_item(random_.pick(kPolicies));
      attachment["PrincipalType"] = principal_type;
      attachment["PrincipalName"] = name;
      attachment["ResourceGroupId"] = "rg-1";
      attachments_.push_back(attachment);
    }
  }

  static std::vector<Json> named(const std::string& field, const std::vector<std::string>& names) {
    std::vector<Json> items;
    for (const std::string& name : names) items.push_back({{field, name}});
    return items;
  }

  void make_ram() {
    attachments_.clear();
    attachments_percent_ = random_.chance(25) ? 100 : 0;
    const bool alice_may = random_.chance(60);
    for (const PolicyName& policy : kPolicies) make_document(policy);
    writer_->write({"ListUsers", "Users/User", "", "Marker", "", {}}, named("UserName", kUsers), style());
    writer_->write({"ListGroups", "Groups/Group", "", "Marker", "", {}}, named("GroupName", kGroups), style());
    writer_->write({"ListRoles", "Roles/Role", "", "Marker", "", {}}, named("RoleName", {"Builder"}), style());
    std::map<std::string, std::vector<std::string>> members;
    for (const std::string& user : kUsers) {
      std::vector<std::string> groups;
      for (const std::string& group : kGroups) {
        if (!random_.chance(30)) continue;
        groups.push_back(group);
        members[group].push_back(user);
      }
      if (random_.chance(90)) {
        writer_->write({"ListGroupsForUser", "Groups/Group", "", "Marker", "", {"UserName", user}},
                       named("GroupName", groups), style());
      }
      auto policies = attached(2);
      if (user == "alice" && alice_may) policies = {policy_item(kPolicies[random_.chance(50) ? 3 : 4])};
      make_holder("ListPoliciesForUser", "UserName", user, "IMSUser", policies);
    }
    const bool lists_members = random_.chance(30);
    for (const std::string& group : kGroups) {
      if (lists_members)
        writer_->write({"ListUsersForGroup", "Users/User", "", "Marker", "", {"GroupName", group}},
                       named("UserName", members[group]), style());
      make_holder("ListPoliciesForGroup", "GroupName", group, "IMSGroup", attached(1));
    }
    make_holder("ListPoliciesForRole", "RoleName", "Builder", "ServiceRole", attached(2));
    if (attachments_percent_ != 0) {
      writer_->write({"ListPolicyAttachments", "PolicyAttachments/PolicyAttachment", "TotalCount", "", "", {}},
                     attachments_, style());
    }
  }

  // ---- resource directory ----

  void make_directory() {
    if (random_.chance(15)) {
      writer_->write_answer("GetResourceDirectory", {},
                            {{"ResourceDirectory", {{"MasterAccountId", random_.chance(40) ? account_ : "9009"}}}});
    }
    writer_->write_answer(
        "GetAccount", {},
        {{"Account", {{"AccountId", account_}, {"ResourceDirectoryPath", "rd-1/r-1/fd-1/" + account_}}}});
    for (const std::string& target : std::vector<std::string>{"r-1", "fd-1", account_}) {
      std::vector<Json> policies;
      if (random_.chance(85))
        policies.push_back({{"PolicyId", "FullAliyunAccess"}, {"PolicyName", "FullAliyunAccess"}});
      if (random_.chance(40)) policies.push_back({{"PolicyId", "cp-1"}, {"PolicyName", "cp-one"}});
      writer_->write({"ListControlPolicyAttachmentsForTarget",
                      "ControlPolicyAttachments/ControlPolicyAttachment",
                      "",
                      "NextToken",
                      "",
                      {"TargetId", target}},
                     policies, style());
    }
    if (!fault()) {
      writer_->write_answer(
          "GetControlPolicy", {{"PolicyId", "cp-1"}},
          {{"ControlPolicy", {{"PolicyId", "cp-1"}, {"PolicyDocument", random_document(random_, {}).dump()}}}});
    }
  }

  Random& random_;
  std::size_t fault_percent_;
  std::string account_;
  std::vector<std::string> regions_;
  ListWriter* writer_{};
  std::vector<oracle::File> files_;
  std::vector<Json> attachments_;
  std::size_t attachments_percent_{};
};

}  // namespace

RandomWorld random_world(Random& random) { return WorldMaker(random).make(); }

oracle::Question random_question(Random& random, const RandomWorld& world) {
  oracle::Question question;
  question.account = kAccount;
  question.principal = random.pick(world.principals);
  question.context = random_context(random);
  question.now = random_now(random);
  question.strict = random.chance(4);
  return question;
}

}  // namespace property
