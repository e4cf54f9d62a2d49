#pragma once
// Somebody who can write the file of a log and knows its format.

#include <cstdint>
#include <string>
#include <vector>

#include "audit/schema.h"
#include "audit/tree.h"
#include "tests/unit/audit/support.h"

namespace imagewarden::audit::test {

using Runs = std::vector<std::vector<std::string>>;

// Somebody who knows the format: drops the guards, writes what they like, puts the guards back.
class Forger {
 public:
  explicit Forger(const std::string& path) : database_(path, SQLite::OPEN_READWRITE) {
    database_.exec("PRAGMA synchronous = OFF");
    each_trigger([&](const SchemaObject& trigger) { database_.exec("DROP TRIGGER " + std::string(trigger.name)); });
  }
  void restore_guards() {
    each_trigger([&](const SchemaObject& trigger) { database_.exec(std::string(trigger.sql)); });
  }
  void exec(const std::string& sql) { database_.exec(sql); }
  void set_blob(const char* column, std::int64_t first_seq, const std::string& bytes) {
    SQLite::Statement update(database_, std::string("UPDATE runs SET ") + column + " = ? WHERE first_seq = ?");
    update.bind(1, bytes.data(), static_cast<int>(bytes.size()));
    update.bind(2, first_seq);
    REQUIRE(update.exec() == 1);
  }
  std::string blob(const char* column, std::int64_t first_seq) {
    SQLite::Statement select(database_, std::string("SELECT ") + column + " FROM runs WHERE first_seq = ?");
    select.bind(1, first_seq);
    REQUIRE(select.executeStep());
    const SQLite::Column value = select.getColumn(0);
    return {static_cast<const char*>(value.getBlob()), static_cast<std::size_t>(value.getBytes())};
  }
  // Replaces all runs, with every count and every node hash as it should be for these leaves.
  void rewrite(const Runs& runs) {
    database_.exec("DELETE FROM runs");
    Frontier frontier;
    for (const auto& leaves : runs) {
      const auto first_seq = static_cast<std::int64_t>(frontier.size());
      std::string bytes;
      std::string nodes;
      for (const std::string& leaf : leaves) {
        bytes += leaf + "\n";
        frontier.append(leaf_hash(leaf), nodes);
      }
      SQLite::Statement insert(database_, "INSERT INTO runs VALUES(?, ?, ?, ?)");
      insert.bind(1, first_seq);
      insert.bind(2, static_cast<std::int64_t>(leaves.size()));
      insert.bind(3, nodes.empty() ? "" : nodes.data(), static_cast<int>(nodes.size()));
      insert.bind(4, bytes.data(), static_cast<int>(bytes.size()));
      insert.exec();
    }
  }

 private:
  template <class Visit>
  static void each_trigger(Visit visit) {
    for (const SchemaObject& object : schema_objects()) {
      if (object.type == "trigger") visit(object);
    }
  }
  SQLite::Database database_;
};

}  // namespace imagewarden::audit::test
