#include "audit/schema.h"

#include <array>

namespace imagewarden::audit {
namespace {

// The triggers guard against accidents: a hand-written statement, a wrong tool. Whoever can write the file can drop
// them.
// - `nodes` stands before `leaves`, as SQLite reads a long row from its front: a proof takes the nodes of some twenty
// runs, and
//   the leaves of one.
// - A detail may be removed (redaction), never replaced.
// - `checkpoints` grows by one note a signature; the tree it is about is named by its size.
constexpr std::array<SchemaObject, 12> kObjects = {{
    {"table", "checkpoints", "checkpoints",
     "CREATE TABLE checkpoints(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT"},
    {"trigger", "checkpoints_no_delete", "checkpoints",
     "CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'the log only "
     "grows'); END"},
    {"trigger", "checkpoints_no_update", "checkpoints",
     "CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'the log only "
     "grows'); END"},
    {"table", "details", "details", "CREATE TABLE details(seq INTEGER PRIMARY KEY, detail TEXT NOT NULL) STRICT"},
    {"trigger", "details_no_update", "details",
     "CREATE TRIGGER details_no_update BEFORE UPDATE ON details BEGIN SELECT RAISE(ABORT, 'a detail is never "
     "changed'); END"},
    {"table", "meta", "meta",
     "CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"},
    {"trigger", "meta_no_delete", "meta",
     "CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"},
    {"trigger", "meta_no_update", "meta",
     "CREATE TRIGGER meta_no_update BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"},
    {"table", "runs", "runs",
     "CREATE TABLE runs(first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, nodes BLOB NOT NULL, leaves BLOB NOT "
     "NULL) STRICT"},
    {"trigger", "runs_in_order", "runs",
     "CREATE TRIGGER runs_in_order BEFORE INSERT ON runs WHEN NEW.first_seq IS NOT coalesce((SELECT first_seq + count "
     "FROM runs "
     "ORDER BY first_seq DESC LIMIT 1), 0) BEGIN SELECT RAISE(ABORT, 'a run starts where the last one ends'); END"},
    {"trigger", "runs_no_delete", "runs",
     "CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"},
    {"trigger", "runs_no_update", "runs",
     "CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"},
}};

}  // namespace

std::span<const SchemaObject> schema_objects() { return kObjects; }

}  // namespace imagewarden::audit
