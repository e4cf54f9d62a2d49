// Names of export files: what a name says is written as another name that says the same.

#include <fmt/format.h>

#include <string>

#include "engine/inventory/files.h"
#include "tests/fuzz/support.h"

namespace {

using namespace imagewarden;

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inventory::InputFile file;
  file.display = fuzz::text_of(data, size);
  inventory::FileList list;
  if (!parse_file_name(file, list)) {
    fuzz::require(list.notes.size() + list.faults.size() == 1, "what is no export has one reason");
    return 0;
  }
  fuzz::require(list.notes.empty() && list.faults.empty(), "an export is not complained about");
  std::string again = "folder/";
  if (file.form == inventory::FileForm::kEnvelopes) {
    fuzz::require(file.parameters.empty() && file.page_number == -1, "a file of envelopes says nothing by its name");
    again += "x.ndjson";
  } else if (file.operation == Operation::kCount) {
    fuzz::require(file.form == inventory::FileForm::kAccount, "a body is of an operation");
    again += "account.json";
  } else {
    again += operation_info(file.operation).name;
    for (const auto& [key, value] : file.parameters) {
      fuzz::require(!key.empty(), "a parameter has a name");
      again += '.' + percent_encode(key) + '=' + percent_encode(value);
    }
    if (file.page_number >= 0) again += fmt::format(".p{}", file.page_number);
    again += ".json";
  }
  if (file.packing == inventory::Packing::kGzip) again += ".gz";
  if (file.packing == inventory::Packing::kZstd) again += ".zst";
  inventory::InputFile second;
  second.display = again;
  fuzz::require(parse_file_name(second, list), "a name that was written is one");
  fuzz::require(second.form == file.form && second.packing == file.packing && second.operation == file.operation &&
                    second.parameters == file.parameters && second.page_number == file.page_number,
                "both names say the same");
  return 0;
}
