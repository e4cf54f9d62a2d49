// Reading exports against a bare simdjson On-Demand walk over the same bytes that touches the same fields:
//   make_inventory --images 1000000 --seed 7 --out DIR
//   bench_read DIR [ROUNDS]
// The walk reads the files, finds the lines and looks at the fields of the lists of images and of what uses them; it
// keeps nothing, joins nothing, checks nothing that it does not look at and computes no digest. Both run in turns in
// one process, the best round of each counts. The peak of memory is that of a child process that only reads.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "bench/figure.h"
#include "engine/inventory/read.h"

namespace imagewarden::bench {
namespace {

namespace json = simdjson::ondemand;

// What was seen, so that no look can be left out.
struct Seen {
  std::uint64_t values{};
  std::uint64_t bytes{};
};

void look(json::value value, Seen& seen) {
  std::string_view text;
  std::int64_t number = 0;
  bool truth = false;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    seen.bytes += text.size();
  } else if (value.get_int64().get(number) == simdjson::SUCCESS) {
    seen.bytes += static_cast<std::uint64_t>(number) & 1U;
  } else if (value.get_bool().get(truth) == simdjson::SUCCESS) {
    seen.bytes += truth ? 1U : 0U;
  }
  ++seen.values;
}

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> wanted) {
  return std::find(wanted.begin(), wanted.end(), key) != wanted.end();
}

void walk_items(json::array items, Seen& seen);

// The fields of every record, those of the lists in it too.
void walk_object(json::object object, Seen& seen) {
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    json::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return;
    if (is_one_of(key, {"ImageId",
                        "ImageName",
                        "AliUid",
                        "ImageType",
                        "Status",
                        "ProductType",
                        "ParentImageId",
                        "BaseImageId",
                        "SessionType",
                        "BizType",
                        "SystemDiskSize",
                        "GmtCreate",
                        "Name",
                        "SharedCount",
                        "CreationTime",
                        "Size",
                        "AppInstanceGroupId",
                        "AppInstanceGroupName",
                        "AppCenterImageId",
                        "RegionId",
                        "WuyingServerId",
                        "WuyingServerName",
                        "BizRegionId",
                        "DesktopGroupId",
                        "DesktopGroupName",
                        "DesktopId",
                        "DesktopName",
                        "DesktopStatus",
                        "TemplateId",
                        "TemplateName",
                        "TemplateType",
                        "BundleId",
                        "BundleName",
                        "BundleType",
                        "Key",
                        "Value"})) {
      look(value, seen);
    } else if (is_one_of(key, {"ImageRegionList", "ImageRegionDistributeList", "TagList", "RegionConfigList"})) {
      json::array array;
      if (value.get_array().get(array) == simdjson::SUCCESS) walk_items(array, seen);
    }
  }
}

void walk_items(json::array items, Seen& seen) {
  for (auto item : items) {
    json::value value;
    if (item.get(value) != simdjson::SUCCESS) return;
    json::object object;
    if (value.get_object().get(object) == simdjson::SUCCESS) {
      walk_object(object, seen);
    } else {
      look(value, seen);
    }
  }
}

void walk_response(json::object response, Seen& seen) {
  for (auto field : response) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    json::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return;
    if (is_one_of(key, {"Data", "AppInstanceGroupModels", "WuyingServerList", "Images", "AliUids", "Desktops",
                        "DesktopGroups", "Bundles"})) {
      json::array array;
      if (value.get_array().get(array) == simdjson::SUCCESS) walk_items(array, seen);
    } else if (is_one_of(key, {"Code", "Message", "Success", "Count", "TotalCount", "NextToken", "PageNumber",
                               "IsTruncated"})) {
      look(value, seen);
    }
  }
}

void walk_line(json::object envelope, Seen& seen) {
  for (auto field : envelope) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    json::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return;
    json::object object;
    if (key == "Response") {
      if (value.get_object().get(object) == simdjson::SUCCESS) walk_response(object, seen);
    } else if (key == "Request") {
      if (value.get_object().get(object) != simdjson::SUCCESS) return;
      for (auto parameter : object) {
        json::value given;
        if (parameter.value().get(given) == simdjson::SUCCESS) look(given, seen);
      }
    } else {
      look(value, seen);
    }
  }
}

Seen walk(const std::vector<std::string>& files) {
  Seen seen;
  json::parser parser;
  for (const std::string& path : files) {
    simdjson::padded_string text;
    if (simdjson::padded_string::load(path).get(text) != simdjson::SUCCESS) continue;
    std::size_t begin = 0;
    while (begin < text.size()) {
      const void* const newline = std::memchr(text.data() + begin, '\n', text.size() - begin);
      const std::size_t end =
          newline == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(newline) - text.data());
      const simdjson::padded_string_view line(text.data() + begin, end - begin,
                                              text.size() - begin + simdjson::SIMDJSON_PADDING);
      begin = end + 1;
      json::document document;
      json::object envelope;
      if (parser.iterate(line).get(document) != simdjson::SUCCESS ||
          document.get_object().get(envelope) != simdjson::SUCCESS)
        continue;
      walk_line(envelope, seen);
    }
  }
  return seen;
}

// Of the best round. The ratio is one of processor time, which other load on the machine changes least.
struct Seconds {
  double wall{1e9};
  double processor{1e9};
};

void measure(Seconds& best, const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t begin_processor = std::clock();
  work();
  best.processor = std::min(best.processor, static_cast<double>(std::clock() - begin_processor) / CLOCKS_PER_SEC);
  best.wall = std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
}

bool read(const std::string& folder, unsigned threads) {
  ReadOptions options;
  options.threads = threads;
  const auto snapshot = read_inventory(std::vector<std::string>{folder}, options);
  if (!snapshot) fmt::print(stderr, "bench_read: {}\n", snapshot.error().message);
  return snapshot.has_value();
}

// Bytes; 0 where the child failed.
std::uint64_t peak_memory(const std::string& folder) {
  const pid_t child = fork();
  if (child == 0) _exit(read(folder, 1) ? 0 : 1);
  int status = 0;
  struct rusage usage {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

int run(const std::string& folder, int rounds) {
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".ndjson") continue;
    files.push_back(entry.path().string());
    bytes += entry.file_size();
  }
  if (files.empty()) {
    fmt::print(stderr, "bench_read: no *.ndjson in `{}`\n", folder);
    return 1;
  }
  // First, as the peak of a process never falls.
  const std::uint64_t peak = peak_memory(folder);
  if (peak == 0) return 1;
  Seconds walking;
  Seconds reading;
  Seconds reading_ahead;
  Seen seen;
  for (int round = 0; round < rounds; ++round) {
    measure(walking, [&] { seen = walk(files); });
    measure(reading, [&] { static_cast<void>(read(folder, 1)); });
    measure(reading_ahead, [&] { static_cast<void>(read(folder, 2)); });
  }
  const double megabytes = static_cast<double>(bytes) / 1e6;
  fmt::print("{} values looked at, {} bytes of text\n", seen.values, seen.bytes);
  print_figure("read.input", megabytes, "MB");
  print_figure("read.walk.wall", walking.wall, "s");
  print_figure("read.walk.processor", walking.processor, "s");
  print_figure("read.one_thread.wall", reading.wall, "s");
  print_figure("read.one_thread.processor", reading.processor, "s");
  print_figure("read.two_threads.wall", reading_ahead.wall, "s");
  print_figure("read.two_threads.processor", reading_ahead.processor, "s");
  print_figure("read.peak_memory", static_cast<double>(peak) / 1e6, "MB");
  return 0;
}

}  // namespace
}  // namespace imagewarden::bench

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  int rounds = 3;
  if (words.empty() || words.size() > 2 ||
      (words.size() == 2 &&
       std::from_chars(words[1].data(), words[1].data() + words[1].size(), rounds).ec != std::errc{}) ||
      rounds < 1) {
    fmt::print(stderr, "usage: bench_read DIR [ROUNDS]\n");
    return 2;
  }
  return imagewarden::bench::run(std::string(words[0]), rounds);
}
