#include "tests/property/policies.h"

#include <stdexcept>

namespace property {
namespace {

struct KeyKind {
  const char* name;
  const char* type;  // the values that fit it
};

const std::vector<KeyKind> kKeys = {{"acs:SourceIp", "ip"},
                                    {"ACS:sourceip", "ip"},
                                    {"acs:VpcSourceIp", "ip"},
                                    {"acs:MFAPresent", "bool"},
                                    {"acs:SecureTransport", "bool"},
                                    {"acs:CurrentTime", "date"},
                                    {"acs:UserAgent", "string"},
                                    {"acs:SourceVpc", "string"},
                                    {"acs:RequestTag/Team", "string"},
                                    {"acs:RequestTag/team", "string"},
                                    {"acs:PrincipalARN", "arn"},
                                    {"app:Size", "number"},
                                    {"app:Until", "date"},
                                    {"Action", "action"},
                                    {"Resource", "resource"}};

std::string random_value(Random& random, const std::string& type) {
  if (type == "ip") {
    return random.pick({"203.0.113.7", "203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1",
                        "::/0", "203.0.113.7/32", "10.1.2.3"});
  }
  if (type == "bool") return random.pick({"true", "false"});
  if (type == "date") {
    return random.pick({"2026-11-24T08:00:00Z", "2026-11-24T16:00:00+08:00", "2026-01-01T00:00:00Z",
                        "2028-02-29T12:00:00Z", "2026-11-24T07:59:59Z", "2026-11-23T23:30:00-08:30"});
  }
  if (type == "number")
    return random.pick({"5", "5.0", "05.00", "-3", "0", "-0", "10", "9.99", "123456789012345678901234567890"});
  if (type == "action")
    return random.pick({"appstreaming:DeleteImage", "appstreaming:deleteimage", "appstreaming:*", "ecs:*"});
  if (type == "resource") return random.pick({"*", "acs:appstreaming:cn-hangzhou:1001:image/img-1", "acs:*"});
  if (type == "arn") {
    return random.pick(
        {"acs:ram::1001:user/alice", "acs:ram::1001:user/*", "acs:ram::1001:role/builder", "acs:ram::*:*", "*"});
  }
  return random.pick({"red", "Red", "r*", "?ed", "*", "blue", "", "**", "vpc-1"});
}

std::string random_operator(Random& random, const std::string& type) {
  if (random.chance(8))
    return random.pick({"NumericLessThan", "DateGreaterThan", "Bool", "NotIpAddress", "StringLike"});
  if (type == "ip") return random.pick({"IpAddress", "NotIpAddress", "StringLike"});
  if (type == "bool") return random.pick({"Bool", "StringEquals", "StringNotEquals"});
  if (type == "date") {
    return random.pick({"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
                        "DateGreaterThanEquals"});
  }
  if (type == "number") {
    return random.pick({"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
                        "NumericGreaterThan", "NumericGreaterThanEquals"});
  }
  return random.pick({"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
                      "StringLike", "StringNotLike"});
}

Json one_or_list(Random& random, std::vector<std::string> values) {
  if (values.size() == 1 && random.chance(60)) return values[0];
  return values;
}

Json random_condition(Random& random) {
  Json condition = Json::object();
  for (std::size_t i = 0, count = random.chance(70) ? 1 : 2; i < count; ++i) {
    const KeyKind& key = random.pick(kKeys);
    std::string name = random_operator(random, key.type);
    if (random.chance(15)) name = random.pick({"ForAllValues:", "ForAnyValue:"}) + name;
    std::vector<std::string> values{random_value(random, key.type)};
    while (random.chance(25)) values.push_back(random_value(random, key.type));
    condition[name][key.name] = one_or_list(random, values);
    // RAM wants strings, but booleans and numbers are accepted.
    if (std::string(key.type) == "bool" && random.chance(20)) condition[name][key.name] = random.chance(50);
    if (std::string(key.type) == "number" && random.chance(20)) condition[name][key.name] = 5;
  }
  return condition;
}

std::string random_action(Random& random) {
  return random.pick({"*", "appstreaming:*", "appstreaming:DeleteImage", "APPSTREAMING:deleteimage",
                      "appstreaming:Delete*", "appstreaming:*Image", "appstreaming:DeleteImag?", "appstreaming:Get*",
                      "ecs:*", "*:Delete*", "app*ing:D*l*e", "appstreaming:ListImage", "appstreaming:DeleteImage?",
                      "ram:*"});
}

std::string random_resource(Random& random) {
  if (random.chance(60)) return random.pick({"*", "*", "*", "**", "?"});
  return random.pick({"acs:appstreaming:*:*:*", "acs:appstreaming:::image/img-1",
                      "acs:APPSTREAMING:cn-hangzhou:1001:image/*", "acs:appstreaming:cn-hangzhou::image/img-?",
                      "acs:*:*:*:*", "acs:*", "acs:appstreaming:*:1001:image/IMG-1", "acs:ecs:*:*:*", "??"});
}

std::vector<std::string> several(Random& random, std::string (*one)(Random&)) {
  std::vector<std::string> values{one(random)};
  while (random.chance(20)) values.push_back(one(random));
  return values;
}

// One fault that RAM would refuse, in a statement that is good else.
void spoil(Random& random, Json& statement) {
  switch (random.below(16)) {
    case 0:
      statement.erase("Effect");
      break;
    case 1:
      statement["Effect"] = "allow";
      break;
    case 2:
      statement["NotAction"] = "ecs:*";
      statement["Action"] = "*";
      break;
    case 3:
      statement.erase("Action");
      statement.erase("NotAction");
      break;
    case 4:
      statement.erase("Resource");
      statement.erase("NotResource");
      break;
    case 5:
      statement["Principal"] = {{"RAM", "*"}};
      break;
    case 6:
      statement["Action"] = Json::array();
      statement.erase("NotAction");
      break;
    case 7:
      statement["Resource"] = 5;
      statement.erase("NotResource");
      break;
    case 8:
      statement["Condition"] = {{"BoolIfExists", {{"acs:MFAPresent", "true"}}}};
      break;
    case 9:
      statement["Condition"] = {{"Null", {{"acs:SourceVpc", "true"}}}};
      break;
    case 10:
      statement["Condition"] = {{"DateLessThan", {{"acs:CurrentTime", "2026-13-01T00:00:00Z"}}}};
      break;
    case 11:
      statement["Condition"] = {{"IpAddress", {{"acs:SourceIp", "10.0.0.0/33"}}}};
      break;
    case 12:
      statement["Condition"] = {{"NumericEquals", {{"app:Size", "five"}}}};
      break;
    case 13:
      statement["Condition"] = {{"Bool", {{"acs:MFAPresent", "True"}}}};
      break;
    case 14:
      statement["Condition"] = {{"StringEquals", Json::object()}};
      break;
    default:
      statement["Unknown"] = 1;
      break;
  }
}

}  // namespace

Json random_statement(Random& random, const PolicyStyle& style) {
  Json statement;
  statement["Effect"] = random.chance(65) ? "Allow" : "Deny";
  statement[random.chance(85) ? "Action" : "NotAction"] = one_or_list(random, several(random, random_action));
  statement[random.chance(92) ? "Resource" : "NotResource"] = one_or_list(random, several(random, random_resource));
  if (random.chance(10)) statement["Sid"] = "s";
  if (random.chance(style.condition_percent)) statement["Condition"] = random_condition(random);
  if (random.chance(style.malformed_percent)) spoil(random, statement);
  return statement;
}

Json random_document(Random& random, const PolicyStyle& style) {
  Json document;
  document["Version"] = random.chance(97) ? Json("1") : random.chance(50) ? Json("2012-10-17") : Json(1);
  Json statements = Json::array();
  do {
    statements.push_back(random_statement(random, style));
  } while (random.chance(40));
  const bool single = statements.size() == 1 && random.chance(10);
  document["Statement"] = single ? statements[0] : statements;
  if (random.chance(1)) document["Statement"] = Json::array();
  if (random.chance(1)) document.erase("Statement");
  if (random.chance(1)) document["Id"] = "x";
  return document;
}

oracle::Context random_context(Random& random) {
  oracle::Context context;
  const auto give = [&](const std::string& key, const std::vector<std::string>& values) {
    if (random.chance(50)) return;
    if (random.chance(25)) {
      context.absent.insert(key);
      return;
    }
    context.given[key] = {random.pick(values)};
    while (random.chance(20)) context.given[key].push_back(random.pick(values));
  };
  give("acs:SourceIp", {"203.0.113.7", "198.51.100.1", "10.1.2.3", "2001:db8::1", "203.0.113.0/24", "nowhere"});
  give("acs:VpcSourceIp", {"10.1.2.3", "203.0.113.7"});
  give("acs:mfapresent", {"true", "false"});
  give("acs:SecureTransport", {"true", "false", "TRUE"});
  give("acs:UserAgent", {"red", "blue", "Red"});
  give("acs:SourceVpc", {"vpc-1", "red"});
  give("acs:RequestTag/Team", {"red", "blue", ""});
  give("app:Size", {"5", "4.999999999999999999999", "-3", "10.0", "many"});
  give("app:Until", {"2026-11-24T08:00:00Z", "2030-01-01T00:00:00+08:00", "soon"});
  if (random.chance(5)) context.given["acs:CurrentTime"] = {"2026-01-01T00:00:00Z"};
  return context;
}

std::string random_now(Random& random) {
  return random.pick({"2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z", "2025-12-31T23:59:59Z", "2028-03-01T00:00:00Z"});
}

imagewarden::Context engine_context(const oracle::Context& context) {
  imagewarden::Context out;
  for (const auto& [key, values] : context.given) {
    for (const std::string& value : values) out.add_value(key, value);
  }
  for (const std::string& key : context.absent) out.set_absent(key);
  return out;
}

namespace {

std::vector<imagewarden::ram::AttachedPolicy> attach(const std::vector<oracle::Document>& documents) {
  std::vector<imagewarden::ram::AttachedPolicy> out;
  for (const oracle::Document& document : documents) {
    imagewarden::ram::AttachedPolicy policy;
    policy.name = "Custom/p" + std::to_string(out.size());
    policy.via = "user/alice";
    if (document) {
      auto parsed =
          imagewarden::ram::parse_document(*document, policy.name, imagewarden::ram::DocumentKind::kPermission, {});
      if (!parsed) throw std::runtime_error(parsed.error().message);
      policy.document = *parsed;
    }
    out.push_back(std::move(policy));
  }
  return out;
}

}  // namespace

imagewarden::ram::PrincipalPolicies engine_policies(const oracle::Policies& policies) {
  using imagewarden::ram::PrincipalKind;
  imagewarden::ram::PrincipalPolicies out;
  out.kind = policies.is_root ? PrincipalKind::kRoot : policies.is_role ? PrincipalKind::kRole : PrincipalKind::kUser;
  out.account = "1001";
  out.name = policies.is_role ? "Builder" : "alice";
  out.account_level = attach(policies.account_level);
  for (const auto& [group, documents] : policies.resource_groups) {
    for (auto& policy : attach(documents)) out.resource_group_level.push_back({group, std::move(policy)});
  }
  out.has_session_policies = policies.session.has_value();
  if (policies.session) out.session_policies = attach(*policies.session);
  for (const auto& level : policies.control_levels) {
    out.control_levels.push_back({"fd-" + std::to_string(out.control_levels.size()), attach(level)});
  }
  out.is_management_account = !policies.control_policies_bind && !policies.is_root;
  return out;
}

}  // namespace property
