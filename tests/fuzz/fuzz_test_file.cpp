// Test files of policies, read and made ready to run; as JSON they say the same.

#include <string>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "engine/policy/test_suite.h"
#include "tests/fuzz/inventory_support.h"

namespace {

using namespace imagewarden;

Result<policy::TestSuite> suite_of(policy::TestFile file) {
  policy::SuiteSources sources;
  sources.read_file = [](const std::string& /*path*/) -> Result<std::string> {
    return std::string(R"({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})");
  };
  sources.read_inventory = [](const std::string& /*path*/) -> Result<std::shared_ptr<const Snapshot>> {
    return fail(Errc::kNotFound, "none here");
  };
  sources.rules = &fuzz::built_in_rules();
  sources.now = Time{1'790'000'000'000'000};
  std::vector<policy::TestFile> files;
  files.push_back(std::move(file));
  return policy::make_suite(std::move(files), sources);
}

void check_error(const Error& error) {
  fuzz::require(error.message.starts_with("t."), "an error names its file");
  fuzz::require(error.message.find_first_of("\r\n") == std::string::npos, "an error is one line");
}

std::string names_of(const policy::TestSuite& suite) {
  std::string out;
  for (const policy::TestCase& one : suite.cases) {
    out += one.name + '\0' + one.principal_text + '\0' + one.request.action + '\0' + one.request.resource + '\0';
    out += std::string(to_string(suite.declaration(one).expect)) + '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  auto file = policy::parse_test_file(text, "t.yaml");
  if (!file) {
    check_error(file.error());
    return 0;
  }
  std::string as_json;
  std::vector<policy::SourcePoint> points;
  policy::write_json_text(*policy::read_text_tree(text, "t.yaml"), as_json, points);
  auto second = policy::parse_test_file(as_json, "t.json");
  fuzz::require(second.has_value() && second->tests.size() == file->tests.size(), "as JSON it has the same tests");
  const auto suite = suite_of(std::move(*file));
  const auto other = suite_of(std::move(*second));
  fuzz::require(suite.has_value() == other.has_value(), "as JSON it is as good");
  if (!suite) {
    check_error(suite.error());
    return 0;
  }
  fuzz::require(suite->cases.size() <= limits::kMaxTestCases, "the limit of cases holds");
  fuzz::require(names_of(*suite) == names_of(*other), "as JSON it has the same cases");
  return 0;
}
