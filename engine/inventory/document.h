#pragma once
// Reads one document of an export (a body, an envelope, an account file) into the Store.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/inventory/files.h"
#include "engine/inventory/json_cursor.h"
#include "engine/inventory/store.h"

namespace imagewarden::inventory {

// One for a reading; keeps its buffers from one document to the next. Not thread-safe.
class DocumentReader {
 public:
  explicit DocumentReader(Store& store) : store_(store) {}

  void begin_file(const InputFile& file);
  // Notes what was left out of the file.
  void end_file();
  // Each false: fault() says why; its offset counts from the start of `text`. `text` as JsonCursor::open() wants it.
  [[nodiscard]] bool read_account(std::string_view text);
  [[nodiscard]] bool read_body(std::string_view text);
  [[nodiscard]] bool read_envelope(std::string_view text, std::uint32_t line);
  [[nodiscard]] JsonFault take_fault();

 private:
  struct Parameter {
    std::string key;
    std::string value;
  };
  // What an envelope, or a file's name and folder, say of the answer.
  struct Frame {
    Operation operation{Operation::kCount};
    std::string account;
    std::string region;
    bool has_time{};
    Time time;
    bool has_request{};
  };

  // document.cpp
  bool read_answer(const std::string& pointer);
  bool read_plain_answer(const std::string& pointer);
  bool read_list(const std::string& pointer);
  bool read_items(const std::string& pointer);
  bool read_event_array(std::string_view pointer);
  bool read_request();
  bool add_request_value(std::string_view key);
  bool finish_page();
  void finish_request();
  bool finish_account();
  void finish_ram();
  [[nodiscard]] std::string_view parameter(std::string_view key) const;
  bool read_account_object(FolderAccount& account, std::string& id);
  [[nodiscard]] const FolderAccount* folder_account() const;
  bool read_time(bool& has_time, Time& time);
  bool refuse(std::string pointer, std::string what);

  // records_image.cpp, records_use.cpp, records_ram.cpp: one item of a list, or the object of a single answer.
  bool read_item(std::uint32_t index);
  bool read_object();
  bool read_image(std::uint32_t index);
  bool read_described_image(std::uint32_t index);
  bool read_column(ImageSighting& image, ImageColumn column);
  bool read_owner(ImageSighting& image);
  bool store_code(ImageSighting& image, ImageColumn column, std::string_view text, std::uint32_t at);
  bool read_regions(std::uint32_t& out);
  bool read_distribution(std::uint32_t& out);
  bool read_tags(std::uint32_t& out);
  bool read_group(std::uint32_t index);
  bool read_server(std::uint32_t index);
  bool read_desktop_group(std::uint32_t index);
  bool read_desktop(std::uint32_t index);
  bool read_template(std::uint32_t index);
  bool read_bundle(std::uint32_t index);
  bool read_permission(std::uint32_t index);
  bool read_counted(ObjectShape& shape);
  bool read_use(UseSighting& use, int field);
  bool add_use(UseSighting& use, std::string_view field, std::uint32_t at);
  bool read_region_configs();
  void name_region(StringId region);
  bool read_principal(HolderKind kind, std::uint32_t index);
  bool read_member(std::uint32_t index);
  bool read_attached_policy(HolderKind kind, std::uint32_t index);
  bool read_attachment(std::uint32_t index);
  bool read_control_policy(std::uint32_t index);
  bool read_control_attachment(std::uint32_t index);
  bool read_policy_object();
  bool read_policy_version();
  bool read_role();
  bool read_user();
  bool read_place();
  bool read_directory();
  bool policy_text(std::string& out);
  bool id_field(StringId& out);
  bool known_id_field(StringId& out);
  bool name_field(StringId& out);
  bool name_ahead(std::string_view& out);  // what is to be interned later in the record
  bool need(StringId id, std::string_view field, std::uint32_t at);
  void count_item(StringId id);
  [[nodiscard]] Provenance here(std::uint32_t index) const { return {page_, index}; }
  PageFacts& facts() { return store_.facts[page_]; }
  PageExtent& extent() { return store_.extents[page_]; }

  Store& store_;
  JsonCursor json_;
  const InputFile* file_{};
  StringId file_name_;
  Frame frame_;
  std::uint32_t line_{};
  std::vector<Parameter> parameters_;
  std::uint32_t page_{};
  // Of the body that is read.
  bool has_object_{};
  bool has_body_{};
  bool has_null_list_{};
  std::string body_pointer_;
  std::optional<bool> success_;
  std::optional<JsonFault> shape_fault_;  // a list of the wrong type: no fault in a recorded failure
  std::optional<JsonFault> fault_;        // found after the text was read
  struct Marks {                          // where the page's records begin
    std::size_t memberships{};
    std::size_t attachments{};
    std::size_t policies{};
    std::size_t control_attachments{};
  };
  Marks marks_;
  std::map<std::string, std::uint64_t> unknown_operations_;  // lines
  std::vector<StringId> ids_;
  std::vector<RegionStatus> statuses_;
  std::vector<KeyValue> tags_;

  // Shapes learn the order of keys, so each kind of object has its own.
  ObjectShape envelope_{"Operation", "Request", "AccountId", "RegionId", "ExportedAt", "Response"};
  ObjectShape account_{"AccountId", "ExportedAt", "Regions", "Arn", "PrincipalId", "Body"};
  ObjectShape image_{"ImageId",
                     "ImageName",
                     "AliUid",
                     "ImageType",
                     "Status",
                     "ProductType",
                     "ParentImageId",
                     "BaseImageId",
                     "SessionType",
                     "ImageRegionList",
                     "ImageRegionDistributeList",
                     "TagList",
                     "BizType",
                     "SystemDiskSize",
                     "GmtCreate"};
  ObjectShape described_{"ImageId",     "Name",        "ImageType",    "Status",
                         "SharedCount", "SessionType", "CreationTime", "Size"};
  ObjectShape distribution_{"RegionId", "Status"};
  ObjectShape tag_{"Key", "Value"};
  ObjectShape group_{"AppInstanceGroupId", "AppInstanceGroupName", "AppCenterImageId", "RegionId", "Status"};
  ObjectShape server_{"WuyingServerId", "WuyingServerName", "ImageId", "Status", "BizRegionId"};
  ObjectShape desktop_group_{"DesktopGroupId", "DesktopGroupName", "ImageId", "Status"};
  ObjectShape desktop_{"DesktopId", "DesktopName", "ImageId", "DesktopStatus", "DesktopGroupId"};
  ObjectShape template_{"TemplateId", "TemplateName", "ImageId", "TemplateType", "RegionConfigList"};
  ObjectShape region_config_{"RegionId"};
  ObjectShape bundle_{"BundleId", "BundleName", "ImageId", "BundleType"};
  ObjectShape instance_{"AppInstanceId"};
  ObjectShape persistent_{"AppInstancePersistentId", "AppInstanceId"};
  ObjectShape event_{"EventId"};
  ObjectShape user_{"UserName", "UserId", "Arn"};
  ObjectShape ram_group_{"GroupName", "GroupId", "Arn"};
  ObjectShape role_{"RoleName", "RoleId", "Arn", "AssumeRolePolicyDocument", "MaxSessionDuration"};
  ObjectShape policy_{"PolicyName", "PolicyType", "PolicyDocument"};
  ObjectShape policy_version_{"VersionId", "PolicyDocument", "IsDefaultVersion"};
  ObjectShape attachment_{"PolicyName", "PolicyType", "PrincipalType", "PrincipalName", "ResourceGroupId"};
  ObjectShape control_policy_{"PolicyId", "PolicyName", "PolicyDocument"};
  ObjectShape folder_{"FolderId"};
  ObjectShape member_account_{"AccountId", "FolderId", "ResourceDirectoryPath"};
  ObjectShape directory_{"MasterAccountId"};
  // One for each operation, made when it is first seen: the names of list and total differ.
  struct AnswerShapes {
    ObjectShape body;
    ObjectShape inner;  // `User` in `Users`
  };
  std::vector<std::unique_ptr<AnswerShapes>> answers_;
  AnswerShapes& answer_shapes();
};

}  // namespace imagewarden::inventory
