#include "tests/unit/inventory/support.h"

#include <fmt/format.h>

namespace imagewarden::inventory::test {
namespace {

class Printer {
 public:
  Printer(const Snapshot& snapshot, bool sources) : snapshot_(snapshot), sources_(sources) {}

  void accounts() {
    for (const Account& account : snapshot_.accounts()) {
      add("account {} rows {}+{}{}", text(account.id), account.first_row, account.row_count,
          account.caller_identity ? " caller" : "");
      for (const StringId region : account.regions) add("  region {}", text(region));
    }
  }

  void images() {
    const ImageTable& images = snapshot_.images();
    for (std::uint32_t i = 0; i < images.rows(); ++i) {
      const ImageRow at{i};
      add("image {} of {} `{}` type {} status {} product {} owner {} parent {} base {} session {} biz {} created {} "
          "size {} shared {}",
          text(images.id[i]), images.account[i].value, text(images.name[i]), value(snapshot_, images.type, at),
          value(snapshot_, images.status, at), value(snapshot_, images.product, at), value(snapshot_, images.owner, at),
          text(images.parent[i]), text(images.base[i]), value(snapshot_, images.session_type, at),
          value(snapshot_, images.biz_type, at), images.created_us[i], images.size_gib[i], images.shared_count[i]);
      add("  regions {} describe {} {} permission {}", regions(snapshot_, at), images.type_from_describe.test(i),
          images.status_from_describe.test(i), images.permission_exported.test(i));
      for (const RegionStatus& entry : images.distributions[images.distribution[i]])
        add("  in {}: {}", text(entry.region), text(entry.status));
      for (const Tag& tag : images.tags_of(at)) add("  tag {} {}={}", tag.index, text(tag.key), text(tag.value));
      from(images.list_source[i], "");
      from(images.describe_source[i], "");
      for (std::size_t kind = 0; kind < static_cast<std::size_t>(RelationKind::kCount); ++kind) {
        const Relation& relation = snapshot_.relation(static_cast<RelationKind>(kind));
        if (relation.complete.test(i)) add("  relation {} complete", kind);
        for (const RelatedEntry& entry : relation.of(at)) {
          add("  relation {}: {} `{}` {}", kind, text(entry.id), text(entry.name), text(entry.extra));
          from(entry.source, text(entry.field));
        }
      }
    }
  }

  void lists() {
    for (const ListStatus& list : snapshot_.lists()) {
      add("list {} {} {} state {} items {} total {} pages {} reason `{}` {}..{}", operation_info(list.operation).name,
          list.account.value, text(list.region), static_cast<int>(list.state), list.items, list.total, list.pages,
          list.reason, list.has_time ? format_rfc3339(list.oldest) : "-",
          list.has_time ? format_rfc3339(list.newest) : "-");
    }
    for (const RecordedFailure& failure : snapshot_.failures()) {
      add("failure {} {} {} {} `{}` {}", operation_info(failure.operation).name, failure.account.value,
          text(failure.region), text(failure.code), text(failure.message), text(failure.subject));
      from(failure.source, "Code");
    }
  }

  void ram() {
    const RamTables& ram = snapshot_.ram();
    for (const RamPrincipal& p : ram.principals) {
      add("principal {} {} {} {} {}", p.account.value, static_cast<int>(p.kind), text(p.name), text(p.id), text(p.arn));
      from(p.source, "");
    }
    for (const Membership& m : ram.memberships) add("member {} {} in {}", m.account.value, text(m.user), text(m.group));
    for (const PolicyAttachment& a : ram.attachments) {
      add("attached {} {} {}: {}/{} {}", a.account.value, static_cast<int>(a.kind), text(a.holder), text(a.policy_type),
          text(a.policy_name), text(a.resource_group));
    }
    policies(ram.policies);
    policies(ram.control_policies);
    for (const RoleTrust& t : ram.trusts)
      add("trust {} {} {} {}", t.account.value, text(t.role), t.document, t.max_session_s);
    for (const ControlAttachment& c : ram.control_attachments) {
      add("control {} {} {} {}", c.account.value, text(c.target), text(c.policy), text(c.policy_name));
    }
    for (const auto& path : ram.paths) {
      add("path of {}{}", path.account.value, path.is_management_account ? " (management)" : "");
      for (const StringId target : path.targets) add("  {}", text(target));
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void policies(const std::vector<PolicyText>& policies) {
    for (const PolicyText& p : policies) {
      add("policy {} {}/{} {} {} {}", p.account.value, text(p.type), text(p.name), text(p.version), p.is_default,
          p.document);
      from(p.source, "");
    }
  }
  void from(Provenance source, std::string_view field) {
    if (sources_ && source.known()) add("    at {}", snapshot_.source_of(source, field));
  }
  [[nodiscard]] std::string_view text(StringId id) const { return snapshot_.text(id); }
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  const Snapshot& snapshot_;
  bool sources_;
  std::string out_;
};

}  // namespace

std::string as_text(const Snapshot& snapshot, bool sources) {
  Printer printer(snapshot, sources);
  printer.accounts();
  printer.images();
  printer.lists();
  printer.ram();
  return printer.take();
}

}  // namespace imagewarden::inventory::test
