// Streams the files of an inventory through the readers: bodies whole, envelopes line by line.

#include "engine/inventory/read.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "engine/base/printable.h"
#include "engine/base/release.h"
#include "engine/inventory/builder.h"
#include "engine/inventory/document.h"
#include "engine/inventory/files.h"
#include "engine/inventory/stream.h"

namespace imagewarden {
namespace {

using inventory::Block;
using inventory::BlockStream;
using inventory::DocumentReader;
using inventory::FileFault;
using inventory::FileForm;
using inventory::FileList;
using inventory::InputFile;
using inventory::JsonFault;
using inventory::Store;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

// One pass over the files.
class Reading {
 public:
  explicit Reading(const FileList& list) : list_(list), reader_(store_) {}

  void add_bad_folders(const std::set<std::string>& folders) {
    store_.bad_folders.insert(folders.begin(), folders.end());
  }

  void run(const ReadOptions& options) {
    digests_.reserve(list_.files.size());
    BlockStream stream(list_.files, options);
    while (const Block* block = stream.next()) take(*block);
  }

  [[nodiscard]] std::vector<FileFault>& faults() { return faults_; }
  [[nodiscard]] const std::set<std::size_t>& bad_files() const { return bad_; }
  [[nodiscard]] Store take_store() { return std::move(store_); }
  [[nodiscard]] std::uint64_t byte_count() const { return bytes_; }

  // Over the lines of sha256sum, sorted.
  [[nodiscard]] std::string digest() {
    std::sort(digests_.begin(), digests_.end(), [&](const FileDigest& a, const FileDigest& b) {
      return a.digest != b.digest ? a.digest < b.digest : list_.files[a.file].display < list_.files[b.file].display;
    });
    Sha256 hash;
    for (const FileDigest& file : digests_) {
      hash.update(to_hex(file.digest));
      hash.update("  ");
      hash.update(list_.files[file.file].display);
      hash.update("\n");
    }
    return "sha256:" + to_hex(hash.finish());
  }

 private:
  struct FileDigest {
    Sha256Digest digest;
    std::size_t file;
  };

  [[nodiscard]] const InputFile& file() const { return list_.files[file_]; }

  void take(const Block& block) {
    if (!open_) {
      open_ = true;
      file_ = block.file;
      is_bad_ = false;
      line_ = 0;
      pending_.clear();
      reader_.begin_file(file());
    }
    if (block.error) {
      refuse(*block.error);
    } else if (!is_bad_) {
      if (file().form == FileForm::kEnvelopes) {
        take_lines(block);
      } else {
        take_body(block);
      }
    }
    if (!block.last) return;
    open_ = false;
    if (is_bad_) return;
    reader_.end_file();
    bytes_ += block.packed_bytes;
    digests_.push_back({block.digest, file_});
  }

  void take_body(const Block& block) {
    // Most bodies are one block: they are read where they lie.
    const bool is_whole = block.last && pending_.empty();
    if (!is_whole) pending_.append(block.view());
    if (!block.last) return;
    const std::string_view text = is_whole ? block.view() : std::string_view(pending_);
    const bool good = file().form == FileForm::kAccount ? reader_.read_account(text) : reader_.read_body(text);
    if (!good) refuse(reader_.take_fault());
  }

  void take_lines(const Block& block) {
    std::string_view rest = block.view();
    while (!is_bad_) {
      const std::size_t newline = rest.find('\n');
      if (newline == std::string_view::npos) break;
      const std::string_view line = rest.substr(0, newline);
      rest.remove_prefix(newline + 1);
      if (pending_.empty()) {
        take_line(line);
      } else {
        pending_.append(line);
        take_line(pending_);
        pending_.clear();
      }
    }
    if (is_bad_) return;
    // The rest is followed by a null byte, as a string is: it can be read in place where nothing else belongs to it.
    if (!block.last) {
      pending_.append(rest);
    } else if (pending_.empty()) {
      if (!rest.empty()) take_line(rest);
    } else {
      pending_.append(rest);
      take_line(pending_);
    }
  }

  void take_line(std::string_view text) {
    ++line_;
    if (is_blank(text)) return;
    if (!reader_.read_envelope(text, line_)) refuse(reader_.take_fault());
  }

  void refuse(const JsonFault& fault) {
    const std::string place = file().form == FileForm::kEnvelopes ? fmt::format("{}:{}", line_, fault.offset + 1)
                                                                  : fmt::format("{}", fault.offset);
    refuse({fault.code, fmt::format("{}:{} {}: {}", file().display, place, fault.pointer.empty() ? "/" : fault.pointer,
                                    fault.what)});
  }

  // One line a file: what comes first.
  void refuse(Error error) {
    if (is_bad_) return;
    is_bad_ = true;
    bad_.insert(file_);
    faults_.push_back({file().display, std::move(error)});
    release(pending_);
  }

  const FileList& list_;
  Store store_;
  DocumentReader reader_;
  std::vector<FileFault> faults_;
  std::set<std::size_t> bad_;
  std::vector<FileDigest> digests_;
  std::uint64_t bytes_{};
  // Of the file that is read.
  bool open_{};
  bool is_bad_{};
  std::size_t file_{};
  std::uint32_t line_{};
  std::string pending_;  // a body, or a line, that began in an earlier block
};

void sort_faults(std::vector<FileFault>& faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const FileFault& a, const FileFault& b) { return a.display < b.display; });
}

Error joined(const std::vector<FileFault>& faults) {
  Error error{faults.front().error.code, {}};
  for (const FileFault& fault : faults) {
    if (!error.message.empty()) error.message += '\n';
    error.message += printable(fault.error.message);
  }
  return error;
}

// Leaves out the bad files and remembers why.
void leave_out(FileList& list, const std::set<std::size_t>& bad, std::set<std::string>& bad_folders) {
  std::vector<InputFile> good;
  for (std::size_t i = 0; i < list.files.size(); ++i) {
    if (!bad.contains(i)) {
      good.push_back(std::move(list.files[i]));
    } else if (list.files[i].form == FileForm::kAccount) {
      bad_folders.emplace(list.files[i].folder());
    }
  }
  list.files = std::move(good);
}

Result<Snapshot> read_list(FileList list, const ReadOptions& options) {
  std::vector<FileFault> faults = std::move(list.faults);
  std::set<std::string> bad_folders;
  if (options.skip_bad_files) {
    for (const FileFault& fault : faults) {
      const std::string_view path = fault.display;
      const std::size_t slash = path.rfind('/');
      const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
      if (name.starts_with("account.json") || name.starts_with("GetCallerIdentity.")) {
        bad_folders.emplace(slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash));
      }
    }
  }
  while (true) {
    // A bad file may have told something before it turned bad: what counts is read again, without it.
    auto reading = std::make_unique<Reading>(list);
    reading->add_bad_folders(bad_folders);
    reading->run(options);
    const bool is_clean = reading->faults().empty();
    faults.insert(faults.end(), reading->faults().begin(), reading->faults().end());
    if (!options.skip_bad_files && !faults.empty()) {
      sort_faults(faults);
      return tl::make_unexpected(joined(faults));
    }
    if (!is_clean) {
      const std::set<std::size_t> bad = reading->bad_files();
      reading.reset();
      leave_out(list, bad, bad_folders);
      continue;
    }
    SnapshotBuilder::Origin origin;
    origin.notes = std::move(list.notes);
    origin.digest = reading->digest();
    origin.file_count = list.files.size();
    origin.byte_count = reading->byte_count();
    origin.not_before = options.not_before;
    sort_faults(faults);
    for (const FileFault& fault : faults) {
      std::string_view why = fault.error.message;
      if (why.starts_with(fault.display)) why.remove_prefix(fault.display.size());
      while (why.starts_with(':') || why.starts_with(' ')) why.remove_prefix(1);
      origin.skipped.push_back({fault.display, std::string(why)});
    }
    SnapshotBuilder builder(reading->take_store());
    reading.reset();
    return builder.build(std::move(origin));
  }
}

}  // namespace

Result<Snapshot> read_inventory(const std::vector<std::string>& paths, const ReadOptions& options) {
  auto list = inventory::list_files(paths, options.limits.files);
  if (!list) return fail(list.error().code, printable(list.error().message));
  return read_list(std::move(*list), options);
}

Result<Snapshot> read_inventory(const std::vector<MemoryFile>& files, const ReadOptions& options) {
  return read_list(inventory::list_files(files), options);
}

}  // namespace imagewarden
