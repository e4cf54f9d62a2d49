#pragma once
// The files of an inventory: which there are, what their names say.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/inventory/operations.h"
#include "engine/inventory/read.h"

namespace imagewarden::inventory {

enum class FileForm : std::uint8_t {
  kAccount,   // account.json, or the body of GetCallerIdentity: read before the others
  kBody,      // one response body
  kEnvelopes  // one envelope a line
};
enum class Packing : std::uint8_t { kNone, kGzip, kZstd };

struct InputFile {
  std::string display;  // path as shown to the user
  std::string path;     // on disk; empty: `memory` holds the bytes
  const std::string* memory{};
  std::uint64_t size{};  // on disk
  FileForm form{};
  Packing packing{};
  Operation operation{Operation::kCount};                       // kBody, and kAccount of GetCallerIdentity
  std::vector<std::pair<std::string, std::string>> parameters;  // `key=value` of the name, decoded
  std::int64_t page_number{-1};                                 // `p2` of the name
  [[nodiscard]] std::string_view folder() const;
};

// One line for a file that cannot be read or is bad.
struct FileFault {
  std::string display;
  Error error;
};

struct FileList {
  std::vector<InputFile> files;  // account files first, then sorted by display path
  std::vector<FileFault> faults;
  std::vector<std::string> notes;  // files that are none of ours
};

// What the last component of `display` says. False: no export; why is then in `note`, or in `fault`.
[[nodiscard]] bool parse_file_name(InputFile& file, FileList& list);

// kNotFound: a path that is missing. Beyond `max_files` there is a fault and no more files.
[[nodiscard]] Result<FileList> list_files(const std::vector<std::string>& roots, std::size_t max_files);
[[nodiscard]] FileList list_files(const std::vector<MemoryFile>& files);

}  // namespace imagewarden::inventory
