#pragma once
// Random small inventories as export files: everything that an export can hold or lack, over few ids, so that the parts
// meet. The same files go to the engine and to the reference evaluator.

#include <string>
#include <vector>

#include "tests/oracle/exports.h"
#include "tests/oracle/oracle.h"
#include "tests/property/random.h"

namespace property {

struct RandomWorld {
  std::vector<oracle::File> files;
  std::vector<std::string> principals;  // whom to ask about: some that do not exist
  std::vector<std::string> ids;         // which images, beside those that the world shows: missing ones, the empty id
};

// Account 1001, sometimes another one beside it.
RandomWorld random_world(Random& random);
// A question of one of the world's principals in account 1001.
oracle::Question random_question(Random& random, const RandomWorld& world);

}  // namespace property
