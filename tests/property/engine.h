#pragma once
// The engine behind the interface of the reference evaluator, and how the two are held against each other.

#include <optional>
#include <string>
#include <vector>

#include "engine/decide/decide.h"
#include "engine/inventory/read.h"
#include "engine/rules/ruleset.h"
#include "tests/oracle/oracle.h"

namespace property {

const imagewarden::rules::Ruleset& built_in_rules();

// A snapshot and the Decider over it, kept together.
struct Engine {
  imagewarden::Snapshot snapshot;
  std::optional<imagewarden::Decider> decider;  // nothing: the principal is certainly not there
  std::string problem;                          // what stopped it else; empty: nothing
};

// Fails the running test if the files cannot be read.
imagewarden::Snapshot read(const std::vector<oracle::File>& files, const std::string& not_before = "");
Engine ask(const std::vector<oracle::File>& files, const oracle::Question& question);

oracle::Answer to_answer(const imagewarden::Decision& decision);
// What the two say different; empty: nothing.
std::string difference(const oracle::Answer& engine, const oracle::Answer& wanted);

// Every way to decide the account's images and `ids`: single, batch and picked rows, verdict and description. What is
// wrong among them; empty: nothing. `answers` gets each one's answer, by id.
std::string decide_all_ways(const Engine& engine, const std::vector<std::string>& ids,
                            std::vector<std::pair<std::string, oracle::Answer>>& answers);

// The whole comparison of one question; empty: engine and reference evaluator agree.
std::string disagreement(const std::vector<oracle::File>& files, const oracle::Question& question,
                         const std::vector<std::string>& ids);
// Leaves out files as long as the two still disagree.
std::vector<oracle::File> shrink(std::vector<oracle::File> files, const oracle::Question& question,
                                 const std::vector<std::string>& ids);
std::string shown(const std::vector<oracle::File>& files, const oracle::Question& question);

}  // namespace property
