#pragma once
// Somebody who knows the format and can write the file: drops the guards, writes what they like, puts the guards back.

#include <cstdint>
#include <string>
#include <vector>

#include "audit/layout.h"
#include "audit/schema.h"
#include "audit/tree.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {

using Runs = std::vector<std::vector<std::string>>;  // the leaves of each run

// A log whose records are `runs`, every count and every hash as it should be for them. The stored checkpoints stay.
inline void rewrite_log(const std::string& path, const Runs& runs) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  for (const SchemaObject& object : schema_objects()) {
    if (object.type == "trigger") database.exec("DROP TRIGGER " + std::string(object.name));
  }
  database.exec("DELETE FROM runs");
  Frontier frontier;
  for (const auto& leaves : runs) {
    const auto first_seq = static_cast<std::int64_t>(frontier.size());
    std::string bytes;
    std::string nodes;
    for (const std::string& leaf : leaves) {
      bytes += leaf + "\n";
      frontier.append(leaf_hash(leaf), nodes);
    }
    SQLite::Statement insert(database, "INSERT INTO runs(first_seq, count, nodes, leaves) VALUES(?, ?, ?, ?)");
    insert.bind(1, first_seq);
    insert.bind(2, static_cast<std::int64_t>(leaves.size()));
    insert.bind(3, nodes.data(), static_cast<int>(nodes.size()));
    insert.bind(4, bytes.data(), static_cast<int>(bytes.size()));
    insert.exec();
  }
  for (const SchemaObject& object : schema_objects()) {
    if (object.type == "trigger") database.exec(std::string(object.sql));
  }
}

inline void forget_checkpoints(const std::string& path) {
  run_sql(path, "DROP TRIGGER checkpoints_no_delete; DELETE FROM checkpoints");
  for (const SchemaObject& object : schema_objects()) {
    if (object.name == "checkpoints_no_delete") run_sql(path, std::string(object.sql));
  }
}

}  // namespace imagewarden::audit::test
