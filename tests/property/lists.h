#pragma once
// Writes lists as export files: whole, in pages of several kinds, cut off, filtered or not at all.

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/oracle/exports.h"
#include "tests/property/random.h"

namespace property {

using Json = nlohmann::json;

struct ListSpec {
  std::string operation;
  std::string list;                            // `Users/User`
  std::string total;                           // key of the total; empty: tokens tell where the list ends
  std::string token;                           // `NextToken` or `Marker`; with a total: one may contradict it
  std::string region;                          // of a regional list
  std::pair<std::string, std::string> parent;  // `UserName`, `alice`
};

struct ListStyle {
  std::size_t absent_percent{5};
  std::size_t cut_off_percent{6};
  std::size_t filtered_percent{3};
};

class ListWriter {
 public:
  ListWriter(Random& random, std::string folder, std::string account, bool has_time)
      : random_(random), folder_(std::move(folder)), account_(std::move(account)), has_time_(has_time) {}

  void write(const ListSpec& spec, const std::vector<Json>& items, const ListStyle& style = {});
  // Writes a list as it was exported half an hour later than the rest.
  void write_newer(const ListSpec& spec, const std::vector<Json>& items, const ListStyle& style);
  // One answer: a body under a name, or an envelope.
  void write_answer(const std::string& operation, const std::vector<std::pair<std::string, std::string>>& request,
                    const Json& body, const std::string& region = "", int page = 0);
  [[nodiscard]] std::vector<oracle::File> take() { return std::move(files_); }
  void add(const std::string& name, std::string bytes) { files_.push_back({folder_ + name, std::move(bytes)}); }

 private:
  void write_pages(const ListSpec& spec, const std::vector<Json>& items,
                   const std::vector<std::pair<std::string, std::string>>& filter, bool cut_off);

  Random& random_;
  std::string folder_;
  std::string account_;
  bool has_time_;
  bool is_newer_{};    // the list that is being written was exported later than the rest
  bool is_earlier_{};  // or a day before
  std::vector<oracle::File> files_;
  int serial_{};
};

}  // namespace property
