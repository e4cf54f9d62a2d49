#pragma once
// RAM policies under the default readings: read as they are stored, evaluated statement by statement.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/oracle/values.h"

namespace oracle {

// What a request carries.
struct Context {
  std::map<std::string, std::vector<std::string>> given;  // as spelled by the user
  std::set<std::string> absent;                           // declared absent
};

struct RamRequest {
  std::string action;
  std::string resource{"*"};
  bool all_resources{};        // the action has no resource level: RAM authorizes it on the string `*`
  std::string resource_group;  // of the resource; empty: none
  std::string principal_arn;
  std::string now;  // RFC 3339
  Context context;
};

// A policy document as text; nothing: it is not known.
using Document = std::optional<std::string>;

// What applies to a principal, sorted by the steps of the evaluation.
struct Policies {
  bool is_root{};
  bool is_role{};
  bool control_policies_bind{true};
  std::vector<std::vector<Document>> control_levels;  // root first; none: no control policies
  std::optional<std::vector<Document>> session;       // of a role session
  std::vector<Document> account_level;
  std::map<std::string, std::vector<Document>> resource_groups;
};

struct Permission {
  std::string decision;  // allow | explicit-deny | implicit-deny | indeterminate
  std::string step;      // empty: root
  friend bool operator==(const Permission&, const Permission&) = default;
};

Permission evaluate(const Policies& policies, const RamRequest& request);

}  // namespace oracle
