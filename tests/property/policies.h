#pragma once
// Random RAM policies, conditions and request contexts: small alphabets, so that patterns meet requests often, and all
// that is malformed now and then.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/condition/condition.h"
#include "engine/ram/evaluate.h"
#include "tests/oracle/policy.h"
#include "tests/property/random.h"

namespace property {

using Json = nlohmann::json;

struct PolicyStyle {
  std::size_t malformed_percent{6};  // of statements
  std::size_t condition_percent{50};
};

Json random_statement(Random& random, const PolicyStyle& style);
Json random_document(Random& random, const PolicyStyle& style);
oracle::Context random_context(Random& random);
// A time at which some of the generated date conditions hold.
std::string random_now(Random& random);

// The same context as the engine takes it.
imagewarden::Context engine_context(const oracle::Context& context);
// The same policies as the engine takes them, each document attached under a name of its own.
imagewarden::ram::PrincipalPolicies engine_policies(const oracle::Policies& policies);

}  // namespace property
