// A policy document, read as a permission policy and as a trust policy, and evaluated.

#include <algorithm>
#include <array>
#include <string>

#include "engine/ram/evaluate.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

constexpr Time kNow{1'790'000'000'000'000};

ram::PrincipalPolicies holder_of(std::shared_ptr<const ram::Document> document) {
  ram::PrincipalPolicies out;
  out.account = "1234567890123456";
  out.name = "alice";
  out.account_level.push_back({"Custom/p", "user/alice", document, "p.json", ""});
  out.resource_group_level.push_back({"rg-1", {"Custom/p", "user/alice", document, "p.json", ""}});
  out.control_levels.push_back({"root", {{"Custom/c", "root", std::move(document), "c.json", ""}}});
  return out;
}

std::vector<ram::Request> requests_for(const ram::PrincipalPolicies& holder) {
  Context given;
  given.add_value("acs:SourceIp", "203.0.113.7");
  given.add_value("acs:MFAPresent", "true");
  given.add_value("acs:SourceVpc", "vpc-a");
  std::vector<ram::Request> out;
  for (const Context& context : {Context{}, given}) {
    out.push_back(
        ram::make_request("appstreaming:DeleteImage", "*", ram::ResourceLevel::kAllResources, context, holder, kNow));
    out.push_back(ram::make_request("oss:GetObject", "acs:OSS:oss-cn-hangzhou:1:Bucket/dir/file",
                                    ram::ResourceLevel::kResource, context, holder, kNow));
    out.back().resource_group = "rg-1";
  }
  return out;
}

void check(std::string_view text, const Readings& readings) {
  const auto json = JsonDocument::parse(text);
  const auto document = ram::parse_document(text, "p.json", ram::DocumentKind::kPermission, readings);
  fuzz::require(document.has_value() == (json && json->root().is(JsonType::kObject)), "a JSON object is a document");
  if (!document) {
    fuzz::require(document.error().message.starts_with("p.json:"), "an error names its place");
    return;
  }
  fuzz::require(!(*document)->statements.empty(), "a document has statements, or one that stands for them");
  for (const ram::Statement& statement : (*document)->statements) {
    fuzz::require(statement.offset < text.size(), "a statement stands in its document");
    fuzz::require(!statement.not_evaluable || statement.not_evaluable->find_first_of("\r\n") == std::string::npos,
                  "a reason is one line");
    fuzz::require(
        statement.not_evaluable || (statement.effect_known && statement.actions_known && statement.resources_known),
        "what can be evaluated was read whole");
  }
  const ram::PrincipalPolicies holder = holder_of(*document);
  const ram::Principal principal = ram::Principal::compile(holder, readings);
  for (const ram::Request& request : requests_for(holder)) {
    fuzz::require(principal.decide(request) == principal.explain(request).verdict, "decide() is explain()'s verdict");
  }
  const auto trust = ram::parse_document(text, "p.json", ram::DocumentKind::kTrust, readings);
  fuzz::require(trust.has_value(), "a document can be read as a trust policy");
  const auto request = ram::make_request("sts:AssumeRole", "*", ram::ResourceLevel::kResource, {}, holder, kNow);
  const Tri trusted =
      ram::trust_allows(**trust, holder.account, "acs:ram::1234567890123456:user/alice", request, readings);
  const bool has_doubt = std::any_of(
      (*trust)->statements.begin(), (*trust)->statements.end(),
      [](const ram::Statement& statement) { return statement.not_evaluable || !statement.condition.atoms.empty(); });
  fuzz::require(trusted != Tri::kUnknown || has_doubt, "without doubt the answer is certain");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  Readings readings;
  check(text, readings);
  for (const ReadingInfo& info : reading_table()) readings.set(info.reading, 1);
  check(text, readings);
  return 0;
}
