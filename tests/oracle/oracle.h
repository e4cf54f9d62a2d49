#pragma once
// The reference evaluator: decides DeleteImage from export files, slowly and obviously, straight from what the
// documentation says (docs/exports.md, docs/ram.md). It shares no code with engine/, so that the
// property tests can hold both against each other. Default readings only, no user rule files.

#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/exports.h"
#include "tests/oracle/policy.h"

namespace oracle {

struct Question {
  std::string account;
  std::string principal;  // root, user/NAME, role/NAME
  Context context;
  std::string now;  // RFC 3339
  bool strict{};
  std::string not_before{};  // RFC 3339: what was exported before it is left out; empty: nothing is
  bool delete_community{};   // as if community images could be deleted like the account's own
};

struct Answer {
  std::string outcome;  // allow | deny | indeterminate
  std::string code;     // `200`, the error code, or empty
  std::vector<std::string> possible_codes;
  std::vector<std::string> violated;  // rule ids, in order
  std::vector<std::string> unknown;
  Permission permission;
  std::vector<std::string> regions;                   // sorted
  std::optional<std::vector<std::string>> templates;  // sorted; nothing: not known
};

// Every rule id in the order in which the first violated one decides the code, and its code.
const std::vector<std::pair<std::string, std::string>>& rules();

// Nothing: a complete list of the account's users or roles does not hold the principal.
std::optional<Permission> decide_permission(const World& world, const Question& question);

// Ids of the images that the account's lists show.
std::vector<std::string> image_ids(const World& world, const std::string& account);

Answer decide(const World& world, const Question& question, const Permission& permission, const std::string& image);

}  // namespace oracle
