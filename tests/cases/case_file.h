#pragma once
// Case files (tests/cases/*.json): inventory, request and the whole wanted answer as data. Format:
// tests/cases/README.md.

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace cases {

using Json = nlohmann::json;

struct Ask {
  std::string principal;
  std::string image;
  std::map<std::string, std::vector<std::string>> context;
  std::vector<std::string> no_context;
  std::string now;
  bool strict{};
};

struct Want {
  std::string outcome;
  std::string code;  // empty: null
  std::vector<std::string> possible_codes;
  std::vector<std::string> violations;
  std::vector<std::string> unknowns;
  std::string permission;
  std::map<std::string, std::string> record;  // fields of the audit record
};

struct Case {
  std::string name;
  std::map<std::string, std::string> files;  // path to bytes
  Ask ask;
  Want want;
};

// One edit of the inventory and the request.
using Fragments = std::map<std::string, Json>;

// Both throw std::runtime_error with one line, `FILE: where: what`, at the first thing that is not as it should be.
Fragments read_fragments(const std::string& file, const std::string& text);
std::vector<Case> read_cases(const std::string& file, const std::string& text, const Fragments& fragments);

}  // namespace cases
