// Credentials that come along in an export are not kept. tests/golden/secrets.py looks for them in every output.

#include <string>

#include "engine/inventory/secrets.h"
#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

TEST_CASE("parameters that hold a credential", "[inventory][secrets]") {
  for (const char* name : {"AccessKeyId", "accessKeySecret", "SecurityToken", "Signature", "SignatureNonce", "Password",
                           "LoginProfile.Password", "ClientSecret", "X-Credentials", "ACCESSKEYID", "security_token",
                           "access_key_id", "x-acs-security-token", "StsToken", "Authorization", "SessionToken"}) {
    CAPTURE(name);
    CHECK(names_secret(name));
  }
  for (const char* name : {"ImageId", "NextToken", "next_token", "ClientToken", "Marker", "UserName", "PolicyName",
                           "KeyWord", "ImageType", ""}) {
    CAPTURE(name);
    CHECK_FALSE(names_secret(name));
  }
}

TEST_CASE("messages that speak of credentials", "[inventory][secrets]") {
  const std::string withheld = "(not kept: it speaks of credentials)";
  for (const char* message :
       {"Specified signature is not matched with our calculation. server string to sign "
        "is:GET&%2F&AccessKeyId%3DLTAI5t",
        "AccessKey LTAI5tAbc is disabled", "the token STS.NUabc has expired", "SecurityToken=CAIS", "password: x"}) {
    CAPTURE(message);
    CHECK(message_without_secrets(message) == withheld);
  }
  for (const char* message :
       {"Template not found.", "The image is in use.", "The user exists.", "", "Specified access key is not found."}) {
    CAPTURE(message);
    CHECK(message_without_secrets(message) == message);
  }
}

TEST_CASE("a call is the same call, however it was signed", "[inventory][secrets]") {
  const std::string signing = R"("AccessKeyId":"LTAI5tCanary","accessKeySecret":{"a":["Canary"]},"Password":"Canary")";
  const Snapshot plain =
      read_lines({{"ListImage", R"({"Data":[{"ImageId":"img-1"}],"Count":1})", R"({"PageSize":10})"}});
  const Snapshot is_signed =
      read_lines({{"ListImage", R"({"Data":[{"ImageId":"img-1","Password":"Canary"}],"Count":1})",
                   "{" + signing + R"(,"PageSize":10})"}});
  CHECK(as_text(is_signed, false) == as_text(plain, false));
  // In a file's name it is no filter either.
  const Snapshot named = read(
      {account_file(), {"ListImage.AccessKeySecret=Canary.p1.json", R"({"Data":[{"ImageId":"img-1"}],"Count":1})"}});
  CHECK(state(named, Operation::kListImage) == "complete");
}

TEST_CASE("a code is kept where it quotes nothing", "[inventory][secrets]") {
  CHECK(code_without_secrets("SignatureDoesNotMatch") == "SignatureDoesNotMatch");
  CHECK(code_without_secrets("InvalidAccessKeyId.NotFound") == "InvalidAccessKeyId.NotFound");
  for (const char* code : {"EntityAlreadyExists.User", "InvalidDefaultAI", "Forbidden.Sts"})
    CHECK(code_without_secrets(code) == code);
  CHECK(code_without_secrets("LTAI5tCanary") == message_without_secrets("LTAI"));
}

TEST_CASE("what a failed call quotes is not kept", "[inventory][secrets]") {
  const Snapshot snapshot = read_lines({{"ListImage", R"({"Code":"SignatureDoesNotMatch",
      "Message":"server string to sign is:GET&AccessKeyId%3DLTAI5tCanary"})"}});
  REQUIRE(snapshot.failures().size() == 1);
  CHECK(snapshot.text(snapshot.failures().front().code) == "SignatureDoesNotMatch");
  CHECK(snapshot.text(snapshot.failures().front().message) == message_without_secrets("LTAI"));
}

}  // namespace
}  // namespace imagewarden::inventory::test
