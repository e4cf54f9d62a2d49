#pragma once
// What a call does to a world: the reference model of carrying out a plan. The records of what is gone stay as empty
// ones, so that lists are as complete as they were.

#include <string>
#include <vector>

#include "tests/oracle/exports.h"

namespace oracle {

// The image is gone from every list, and with it the templates that reference it.
void delete_image(World& world, const std::string& account, const std::string& image);
// No account has the image any more.
void unshare(World& world, const std::string& account, const std::string& image);
// The record of the list, of whatever page, names no image any more: it was released.
void release(World& world, const std::string& account, const std::string& operation, const std::string& id_field,
             const std::string& id);
// What is being created is available.
void finish_creating(World& world, const std::string& account, const std::string& image);

}  // namespace oracle
