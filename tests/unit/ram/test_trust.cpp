// Trust policies: the other half of sts:AssumeRole.

#include <catch2/catch.hpp>

#include "tests/unit/ram/support.h"

namespace imagewarden::ram {
namespace {

constexpr const char* kAlice = "acs:ram::1234567890123456:user/alice";
constexpr const char* kRole = "acs:ram::1234567890123456:role/builder";

Tri trusts(const std::string& statements, const std::string& principal, Context context = {}) {
  const auto trust = test::parse(test::document_of(statements), {}, DocumentKind::kTrust);
  PrincipalPolicies user;
  user.account = test::kAccount;
  user.name = "alice";
  const Request request =
      make_request("sts:AssumeRole", kRole, ResourceLevel::kResource, std::move(context), user, test::kNow);
  return trust_allows(*trust, test::kAccount, principal, request, {});
}

std::string trust_in(const std::string& principal, const std::string& effect = "Allow", const std::string& rest = "") {
  return R"({"Effect": ")" + effect + R"(", "Action": "sts:AssumeRole", "Principal": )" + principal + rest + "}";
}

TEST_CASE("whom a trust policy names", "[ram][trust][table]") {
  struct Row {
    const char* why;
    const char* principal;  // of the statement
    const char* who;
    Tri want;
  };
  const auto row = GENERATE(values<Row>({
      {"the user", R"({"RAM": "acs:ram::1234567890123456:user/alice"})", kAlice, Tri::kTrue},
      {"another user", R"({"RAM": ["acs:ram::1234567890123456:user/bob"]})", kAlice, Tri::kFalse},
      {"one of a list", R"({"RAM": ["acs:ram::1:user/bob", "acs:ram::1234567890123456:user/alice"]})", kAlice,
       Tri::kTrue},
      {"users' names are exact", R"({"RAM": "acs:ram::1234567890123456:user/Alice"})", kAlice, Tri::kFalse},
      {"roles' names are not", R"({"RAM": "acs:ram::1234567890123456:role/Builder"})", kRole, Tri::kTrue},
      {"the whole account", R"({"RAM": "acs:ram::1234567890123456:root"})", kAlice, Tri::kTrue},
      {"the whole account has roles too", R"({"RAM": "acs:ram::1234567890123456:root"})", kRole, Tri::kTrue},
      {"another account", R"({"RAM": "acs:ram::9999999999999999:root"})", kAlice, Tri::kFalse},
      {"the role's own account", R"({"RAM": "acs:ram:::user/alice"})", kAlice, Tri::kTrue},
      {"everyone", R"({"RAM": "*"})", kAlice, Tri::kTrue},
      {"a wildcard", R"({"RAM": "acs:ram::*:user/a*"})", kAlice, Tri::kTrue},
      {"a service", R"({"Service": ["ecs.aliyuncs.com"]})", "ecs.aliyuncs.com", Tri::kTrue},
      {"a service is no user", R"({"Service": "ecs.aliyuncs.com"})", kAlice, Tri::kFalse},
      {"an identity provider", R"({"Federated": "acs:ram::1:saml-provider/okta"})", "acs:ram::1:saml-provider/okta",
       Tri::kTrue},
      {"who cannot be read could be anyone", R"({"RAM": []})", kAlice, Tri::kUnknown},
      {"nor a type that is not known", R"({"AWS": "x"})", kAlice, Tri::kUnknown},
  }));
  CAPTURE(row.why);
  CHECK(trusts(trust_in(row.principal), row.who) == row.want);
}

TEST_CASE("a trust policy's other parts count too", "[ram][trust]") {
  const std::string root = R"({"RAM": "acs:ram::1234567890123456:root"})";
  const std::string alice = R"({"RAM": "acs:ram::1234567890123456:user/alice"})";
  CHECK(trusts(trust_in(root) + "," + trust_in(alice, "Deny"), kAlice) == Tri::kFalse);
  CHECK(trusts(trust_in(root) + "," + trust_in(alice, "Deny"), kRole) == Tri::kTrue);
  CHECK(trusts(R"({"Effect": "Allow", "Action": "sts:Other", "Principal": )" + root + "}", kAlice) == Tri::kFalse);

  const std::string condition = R"(, "Condition": {"Bool": {"acs:MFAPresent": "true"}})";
  CHECK(trusts(trust_in(root, "Allow", condition), kAlice) == Tri::kUnknown);
  CHECK(trusts(trust_in(root) + "," + trust_in(root, "Deny", condition), kAlice) == Tri::kUnknown);
  Context with_mfa;
  with_mfa.add_value("acs:MFAPresent", "true");
  CHECK(trusts(trust_in(root, "Allow", condition), kAlice, with_mfa) == Tri::kTrue);
  Context without;
  without.set_absent("acs:MFAPresent");
  CHECK(trusts(trust_in(root, "Allow", condition), kAlice, without) == Tri::kFalse);

  // A statement that cannot be evaluated: only if it names the caller, and not where a certain one denies.
  const std::string broken = R"(, "Condition": {"Null": {"acs:MFAPresent": "true"}})";
  CHECK(trusts(trust_in(alice, "Allow", broken), kAlice) == Tri::kUnknown);
  CHECK(trusts(trust_in(alice, "Allow", broken), kRole) == Tri::kFalse);
  CHECK(trusts(trust_in(root) + "," + trust_in(alice, "Deny", broken), kAlice) == Tri::kUnknown);
  CHECK(trusts(trust_in(alice, "Allow", broken) + "," + trust_in(root, "Deny"), kAlice) == Tri::kFalse);
  CHECK(trusts(trust_in(root) + "," + trust_in(alice, "Allow", broken), kAlice) == Tri::kTrue);
}

}  // namespace
}  // namespace imagewarden::ram
