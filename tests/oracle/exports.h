#pragma once
// Export files as a list of pages: what each answer is, whose, of which list; nothing joined yet.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace oracle {

using Json = nlohmann::json;

struct File {
  std::string path;
  std::string bytes;
};

struct Page {
  std::string operation;
  std::string account;
  std::string region;                          // of a regional operation; empty: not known
  std::map<std::string, std::string> request;  // parameters that the request or the file name gives, but lists of ids
  std::vector<std::string> subjects;           // ids of images and templates that the request names
  std::string filter;                          // the parameters that make it a part of the list
  std::optional<long long> number;             // of the page
  std::optional<long long> exported_at;        // seconds since 1970
  Json body;
  bool is_failure{};
  bool knows_request{};
  std::vector<Json> items;  // of its list
  [[nodiscard]] std::string parameter(const std::string& name) const;
};

enum class State { kAbsent, kCutOff, kComplete };

struct World {
  std::vector<Page> pages;
  std::map<std::string, std::vector<std::string>> regions;  // account -> Regions of its account.json
  bool has_directory{};                                     // some answer tells of a resource directory

  // Pages of one operation in one account, failures left out.
  [[nodiscard]] std::vector<const Page*> of(const std::string& account, const std::string& operation) const;
  // The state of a list; `region` of a regional one, `parent` of one that belongs to a user, group, …; else empty.
  [[nodiscard]] State state(const std::string& account, const std::string& operation, const std::string& region,
                            const std::string& parent) const;
};

// Throws std::runtime_error on what is no export. `not_before`: pages from before that time, and those without one, are
// left out; empty: none is.
World read_world(const std::vector<File>& files, const std::string& not_before = "");

// A field as text, whether it is written as a string or as a number; empty: not there.
std::string text_of(const Json& object, const std::string& field);
bool has_field(const Json& object, const std::string& field);

}  // namespace oracle
