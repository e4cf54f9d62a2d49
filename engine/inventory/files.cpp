#include "engine/inventory/files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "engine/base/limits.h"

namespace imagewarden::inventory {
namespace {

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool take_suffix(std::string_view& name, std::string_view suffix) {
  if (name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const begin = text.data() + i + 1;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc{} || end != begin + 2) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(byte));
    i += 2;
  }
  return out;
}

std::optional<std::int64_t> number_after_p(std::string_view part) {
  if (part.size() < 2 || part[0] != 'p') return std::nullopt;
  std::int64_t number = 0;
  const char* const end = part.data() + part.size();
  const auto [stopped, error] = std::from_chars(part.data() + 1, end, number);
  if (error != std::errc{} || stopped != end || number < 0) return std::nullopt;
  return number;
}

void sort_files(FileList& list) {
  std::sort(list.files.begin(), list.files.end(), [](const InputFile& a, const InputFile& b) {
    const bool a_account = a.form == FileForm::kAccount;
    const bool b_account = b.form == FileForm::kAccount;
    if (a_account != b_account) return a_account;
    return a.display < b.display;
  });
  std::sort(list.notes.begin(), list.notes.end());
}

// Walks one root. Folders are identified by device and inode, so that a link to a folder above it is seen.
class Walk {
 public:
  Walk(FileList& list, std::size_t max_files) : list_(list), max_files_(max_files) {}

  void folder(const std::string& path, const std::string& display, const struct stat& info) {
    const std::pair<dev_t, ino_t> self{info.st_dev, info.st_ino};
    if (std::find(chain_.begin(), chain_.end(), self) != chain_.end()) {
      fault(display, Errc::kMalformedInput, "link to a folder that holds it, expected a tree without loops");
      return;
    }
    if (chain_.size() >= limits::kMaxFolderDepth) {
      fault(display, Errc::kLimit, fmt::format("folders nested beyond {} levels", limits::kMaxFolderDepth));
      return;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(path.c_str()), closedir);
    if (stream == nullptr) {
      fault(display, Errc::kIo, fmt::format("unreadable folder ({})", std::generic_category().message(errno)));
      return;
    }
    chain_.push_back(self);
    std::vector<std::string> names;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): each folder has a stream of its own.
    while (const dirent* entry = readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) entry(path + "/" + name, display.empty() ? name : display + "/" + name);
    chain_.pop_back();
  }

  void entry(const std::string& path, const std::string& display) {
    if (list_.files.size() + list_.faults.size() + list_.notes.size() >= max_files_) {
      if (!full_) fault(display, Errc::kLimit, fmt::format("more than {} files", max_files_));
      full_ = true;
      return;
    }
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
      fault(display, Errc::kIo, fmt::format("unreadable ({})", std::generic_category().message(errno)));
    } else if (S_ISDIR(info.st_mode)) {
      folder(path, display, info);
    } else {
      file(path, display, info);
    }
  }

  void file(const std::string& path, const std::string& display, const struct stat& info) {
    InputFile input;
    input.display = display;
    input.path = path;
    input.size = info.st_size < 0 ? 0 : static_cast<std::uint64_t>(info.st_size);
    if (!S_ISREG(info.st_mode)) {
      fault(display, Errc::kIo, "no regular file (a pipe, socket or device), expected a file");
    } else if (parse_file_name(input, list_)) {
      list_.files.push_back(std::move(input));
    }
  }

 private:
  void fault(const std::string& display, Errc code, const std::string& what) {
    const std::string shown = display.empty() ? "." : display;
    list_.faults.push_back({shown, {code, fmt::format("{}: {}", shown, what)}});
  }

  FileList& list_;
  std::size_t max_files_;
  std::vector<std::pair<dev_t, ino_t>> chain_;
  bool full_{};
};

std::string root_name(std::string root) {
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  const std::string_view name = base_name(root);
  return name.empty() || name == "." ? "." : std::string(name);
}

}  // namespace

std::string_view InputFile::folder() const {
  const std::size_t slash = display.rfind('/');
  return slash == std::string::npos ? std::string_view{} : std::string_view(display).substr(0, slash);
}

bool parse_file_name(InputFile& file, FileList& list) {
  std::string_view name = base_name(file.display);
  if (take_suffix(name, ".gz")) {
    file.packing = Packing::kGzip;
  } else if (take_suffix(name, ".zst")) {
    file.packing = Packing::kZstd;
  }
  if (take_suffix(name, ".ndjson")) {
    file.form = FileForm::kEnvelopes;
    return true;
  }
  if (!take_suffix(name, ".json")) {
    list.notes.push_back(fmt::format("{}: skipped, no export by its name (expected *.json or *.ndjson)", file.display));
    return false;
  }
  if (name == "account") {
    file.form = FileForm::kAccount;
    return true;
  }
  const std::string_view operation = name.substr(0, name.find('.'));
  const auto found = find_operation(operation);
  if (!found) {
    list.notes.push_back(fmt::format("{}: skipped, `{}` is no operation that is read", file.display, operation));
    return false;
  }
  file.operation = *found;
  file.form = *found == Operation::kGetCallerIdentity ? FileForm::kAccount : FileForm::kBody;
  name.remove_prefix(operation.size());
  while (!name.empty()) {
    name.remove_prefix(1);
    const std::string_view part = name.substr(0, name.find('.'));
    name.remove_prefix(part.size());
    if (const auto number = number_after_p(part)) file.page_number = *number;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    auto key = percent_decode(part.substr(0, equals));
    auto value = percent_decode(part.substr(equals + 1));
    if (!key || !value) {
      list.faults.push_back({file.display,
                             {Errc::kMalformedInput, fmt::format("{}: `{}` in the file name, expected %XX with two "
                                                                 "hexadecimal digits after `%`",
                                                                 file.display, part)}});
      return false;
    }
    file.parameters.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

Result<FileList> list_files(const std::vector<std::string>& roots, std::size_t max_files) {
  FileList list;
  std::set<std::string> prefixes;
  for (const std::string& root : roots) {
    struct stat info {};
    if (stat(root.c_str(), &info) != 0) {
      const int error = errno;
      if (error == ENOENT || error == ENOTDIR) {
        return fail(Errc::kNotFound, fmt::format("`{}`: no such file or folder", root));
      }
      return fail(Errc::kIo, fmt::format("`{}`: unreadable ({})", root, std::generic_category().message(error)));
    }
    std::string prefix;
    if (roots.size() > 1) {
      const std::string name = root_name(root);
      prefix = name;
      for (int i = 2; !prefixes.insert(prefix).second; ++i) prefix = fmt::format("{}#{}", name, i);
    }
    Walk walk(list, max_files);
    if (S_ISDIR(info.st_mode)) {
      walk.folder(root, prefix, info);
      continue;
    }
    // A single file: its account may stand beside it.
    const std::string name = root_name(root);
    const std::string folder = root.substr(0, root.rfind('/') == std::string::npos ? 0 : root.rfind('/') + 1);
    const std::string shown = prefix.empty() ? name : prefix;
    const std::string beside = folder + "account.json";
    struct stat account {};
    if (name != "account.json" && stat(beside.c_str(), &account) == 0 && S_ISREG(account.st_mode)) {
      walk.file(beside, prefix.empty() ? "account.json" : prefix + "/account.json", account);
      walk.file(root, prefix.empty() ? name : prefix + "/" + name, info);
    } else {
      walk.file(root, prefix.empty() ? shown : prefix + "/" + name, info);
    }
  }
  sort_files(list);
  return list;
}

FileList list_files(const std::vector<MemoryFile>& files) {
  FileList list;
  for (const MemoryFile& file : files) {
    InputFile input;
    input.display = file.path;
    input.memory = &file.bytes;
    input.size = file.bytes.size();
    if (parse_file_name(input, list)) list.files.push_back(std::move(input));
  }
  sort_files(list);
  return list;
}

}  // namespace imagewarden::inventory
