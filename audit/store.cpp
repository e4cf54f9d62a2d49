#include "audit/store.h"

#include <algorithm>
#include <cstdio>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "audit/fault.h"
#include "audit/files.h"
#include "audit/schema.h"

namespace imagewarden::audit {
namespace {

constexpr int kBusyTimeoutMs = 10'000;  // for other programs: our own writers wait at the lock of the log
// A checkpoint costs two synchronisations, a long write-ahead log costs every opener its recovery.
constexpr int kCheckpointFrames = IMAGEWARDEN_FAULT_VALUE(int{(16U << 20U) / kPageBytes}, 24);
// Whoever can write the file can make a run of a gigabyte. What is longer than any run that a writer makes (1 MiB of
// leaves in logs of before, and the record that goes over it) reads as NULL.
#define NODES "CASE WHEN length(nodes) <= 262144 THEN nodes END"
#define LEAVES "CASE WHEN length(leaves) <= 1114112 THEN leaves END"
static_assert(nodes_before(kMaxRunRecords) * 2 * sizeof(Sha256Digest) <= 262'144);
static_assert(kMaxRunBytes <= 1'048'576);

Errc errc_of(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:  // a missing table or column
    case SQLITE_MISMATCH:
      return Errc::kMalformedInput;
    case SQLITE_TOOBIG:
      return Errc::kLimit;
    case SQLITE_CONSTRAINT:
      return Errc::kConflict;
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL:
      return Errc::kInternal;
    default:
      return Errc::kIo;
  }
}

// Runs `body` with what it throws turned into an Error.
template <class Body>
Result<std::invoke_result_t<Body>> guarded(const std::string& name, Body&& body) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      std::forward<Body>(body)();
      return {};
    } else {
      return std::forward<Body>(body)();
    }
  } catch (const SQLite::Exception& exception) {
    return fail(errc_of(exception.getErrorCode()), fmt::format("{}: {}", name, exception.what()));
  }
}

// A prepared statement at work: its read transaction ends with the scope, whatever happens.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { statement_.tryReset(); }
  SQLite::Statement* operator->() const { return &statement_; }

  // A text or blob of the row; valid until the next step.
  [[nodiscard]] std::string_view bytes(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    const void* const data = value.getBlob();
    return {static_cast<const char*>(data), data == nullptr ? 0U : static_cast<std::size_t>(value.getBytes())};
  }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }

 private:
  SQLite::Statement& statement_;
};

int blob_size(std::string_view bytes) { return static_cast<int>(bytes.size()); }

// An empty blob is not NULL.
void bind_blob(SQLite::Statement& statement, int index, std::string_view bytes) {
  statement.bindNoCopy(index, bytes.empty() ? "" : bytes.data(), blob_size(bytes));
}

// What holds for every connection: nothing in a file from elsewhere may run, and nothing moves frames but
// checkpoint_*().
void configure(SQLite::Database& database) {
  sqlite3* const handle = database.getHandle();
  int ignored = 0;
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &ignored);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &ignored);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &ignored);
  sqlite3_extended_result_codes(handle, 1);
  database.exec(
      "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; "
      "PRAGMA secure_delete = ON");
}

// SQLite answers with the mode that it could have, and calls that no error.
void use_write_ahead_log(SQLite::Database& database) {
  SQLite::Statement statement(database, "PRAGMA journal_mode = WAL");
  std::string mode;
  while (statement.executeStep()) mode = statement.getColumn(0).getString();  // it commits with the last step
  if (mode != "wal") throw SQLite::Exception("no write-ahead log can be used", SQLITE_IOERR);
}

std::string uri_of(const std::string& path, std::string_view parameters) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri.append(parameters);
}

std::string wal_path(const std::string& path) { return path + "-wal"; }

bool has_wal_content(const std::string& path) {
  const auto wal = file_state(wal_path(path));
  return wal && wal->size_bytes > 0;
}

}  // namespace

struct Store::Impl {
  std::string path;  // canonical
  std::string name;  // as the caller calls it, for messages
  std::unique_ptr<SQLite::Database> database;
  std::string origin;
  std::optional<std::string> schema_problem;
  std::optional<FileState> place;  // of the file that was opened
  // Where no lock could be taken: the states of file and write-ahead log, which must not change while they are read.
  bool is_unlocked{};
  std::optional<FileState> file_then;
  std::optional<FileState> wal_then;
  int wal_frames{};  // after the last commit of this connection
  int next_checkpoint_frames{kCheckpointFrames};

  std::unique_ptr<SQLite::Statement> last_run;
  std::unique_ptr<SQLite::Statement> nodes_before;
  std::unique_ptr<SQLite::Statement> leaves_before;
  std::unique_ptr<SQLite::Statement> runs;
  std::unique_ptr<SQLite::Statement> insert_run;
  std::unique_ptr<SQLite::Statement> insert_detail;

  // Prepared at its first use.
  Use use(std::unique_ptr<SQLite::Statement>& statement, const char* sql) const {
    if (!statement) statement = std::make_unique<SQLite::Statement>(*database, sql);
    return Use(*statement);
  }

  [[nodiscard]] Status check_unchanged() const {
    if (!is_unlocked || (file_state(path) == file_then && file_state(wal_path(path)) == wal_then)) return {};
    return fail(Errc::kIo, fmt::format("{}: written to while it was read without locks; read it again", name));
  }

  // A read: the body guarded, then what it read trusted only if nobody could have written meanwhile.
  template <class Body>
  Result<std::invoke_result_t<Body>> reading(Body&& body) const {
    auto result = guarded(name, std::forward<Body>(body));
    if (const auto unchanged = check_unchanged(); !unchanged) return tl::make_unexpected(unchanged.error());
    return result;
  }

  // Opens in one of the ways that open() tries, up to the first page read; returns SQLite's code.
  int connect(const std::string& file, int flags, const char* prepare) {
    try {
      database = std::make_unique<SQLite::Database>(file, flags | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
      database->exec(prepare);  // before anything reads a page
      configure(*database);
      database->execAndGet("SELECT count(*) FROM sqlite_schema");
      return SQLITE_OK;
    } catch (const SQLite::Exception& exception) {
      failure = exception.what();
      database.reset();
      return exception.getErrorCode();
    }
  }
  std::string failure;

  Status connect_for_reading();
  Status connect_for_writing();
  [[nodiscard]] Status check_whole() const;
  Status check_format(Access access);
  std::int64_t pragma(const char* sql) const { return database->execAndGet(sql).getInt64(); }
};

// In a folder where nothing can be written, SQLite has no place for the shared memory of readers and writers. Then
// nobody on this machine is writing with it either, and the file is read without locks: alone if the write-ahead log is
// empty or missing, else together with it, its index kept in this process.
Status Store::Impl::connect_for_reading() {
  const int code = connect(path, SQLite::OPEN_READONLY, "");
  if (code == SQLITE_OK) return {};
  const int primary = code & 0xff;
  if (primary != SQLITE_CANTOPEN && primary != SQLITE_READONLY)
    return fail(errc_of(code), fmt::format("{}: {}", name, failure));
  const std::string first_failure = failure;
  is_unlocked = true;
  file_then = file_state(path);
  wal_then = file_state(wal_path(path));
  const int flags = SQLite::OPEN_READONLY | SQLite::OPEN_URI;
  if (!has_wal_content(path)) {
    if (connect(uri_of(path, "?immutable=1"), flags, "") == SQLITE_OK) return {};
    return fail(Errc::kIo, fmt::format("{}: {}", name, first_failure));
  }
  if (connect(uri_of(path, "?vfs=unix-none"), flags, "PRAGMA locking_mode = EXCLUSIVE") == SQLITE_OK) return {};
  return fail(Errc::kIo,
              fmt::format("{}: {}; its newest records stand in {}-wal: copy both into a folder that can be written",
                          name, first_failure, name));
}

Status Store::Impl::connect_for_writing() {
  const int code = connect(path, SQLite::OPEN_READWRITE, "");
  if (code != SQLITE_OK) return fail(errc_of(code), fmt::format("{}: {}", name, failure));
  if (sqlite3_db_readonly(database->getHandle(), "main") != 0)
    return fail(Errc::kIo, fmt::format("{}: cannot be written", name));
  return {};
}

// SQLite takes what is missing of the last page for zeroes, and the rows that it held for none. A file has half a page
// where a checkpoint is at work or was interrupted; then the write-ahead log holds that page.
Status Store::Impl::check_whole() const {
  const auto is_cut_off = [&](const std::optional<FileState>& file) {
    return file && file->size_bytes % pragma("PRAGMA page_size") != 0;
  };
  const auto before = file_state(path);
  if (!is_cut_off(before) || has_wal_content(path)) return {};
  if (file_state(path) != before) return {};  // a checkpoint came to its end meanwhile
  return fail(Errc::kMalformedInput,
              fmt::format("{}: cut off within a page, after {} bytes", name, before->size_bytes));
}

Status Store::Impl::check_format(Access access) {
  const auto checked = guarded(name, [&]() -> Status {
    if (auto whole = check_whole(); !whole) return whole;
    if (pragma("PRAGMA application_id") != kApplicationId) {
      return fail(Errc::kMalformedInput, fmt::format("{}: a SQLite file, but no audit log of imagewarden", name));
    }
    if (const std::int64_t version = pragma("PRAGMA user_version"); version != kFormatVersion) {
      return fail(Errc::kMalformedInput,
                  fmt::format("{}: format version {}, this program knows {}", name, version, kFormatVersion));
    }
    const auto expected = schema_objects();
    std::vector<bool> seen(expected.size());
    std::optional<std::string> table_problem;
    const auto note = [&](std::string_view type, std::string problem) {
      if (type == "table" && !table_problem) table_problem = problem;
      if (!schema_problem) schema_problem = std::move(problem);
    };
    SQLite::Statement statement(*database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name");
    const Use row(statement);
    while (row->executeStep()) {
      const std::string object_name(row.bytes(1));
      const auto found = std::find_if(expected.begin(), expected.end(),
                                      [&](const SchemaObject& object) { return object.name == object_name; });
      if (found == expected.end()) {
        note("", fmt::format("unknown {} `{}` in the file", std::string(row.bytes(0)), object_name));
      } else if (row.bytes(0) != found->type || row.bytes(2) != found->table || row.bytes(3) != found->sql) {
        note(found->type, fmt::format("{} `{}` was changed", found->type, found->name));
      } else {
        seen[static_cast<std::size_t>(found - expected.begin())] = true;
      }
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (!seen[i]) note(expected[i].type, fmt::format("{} `{}` is missing", expected[i].type, expected[i].name));
    }
    // With other tables no query means what it says; other triggers matter to whoever writes.
    const auto& problem = access == Access::kWrite ? schema_problem : table_problem;
    if (problem) return fail(Errc::kMalformedInput, fmt::format("{}: {}", name, *problem));
    SQLite::Statement select(*database, "SELECT value FROM meta WHERE key = 'origin'");
    if (!select.executeStep()) return fail(Errc::kMalformedInput, fmt::format("{}: it has no origin", name));
    origin = select.getColumn(0).getString();
    return {};
  });
  return checked ? *checked : Status(tl::make_unexpected(checked.error()));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Status Store::make_file(const std::string& path, const std::string& name, std::string_view origin, const Run& first) {
  auto made = guarded(name, [&] {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    // Everything in one transaction of a rollback journal: the file needs no second one to be whole.
    database.exec(
        fmt::format("PRAGMA page_size = {}; PRAGMA synchronous = EXTRA; PRAGMA application_id = {}; PRAGMA "
                    "user_version = {}; BEGIN",
                    kPageBytes, kApplicationId, kFormatVersion));
    for (const SchemaObject& object : schema_objects()) {
      if (object.type == "table") database.exec(std::string(object.sql));
    }
    for (const SchemaObject& object : schema_objects()) {
      if (object.type != "table") database.exec(std::string(object.sql));
    }
    SQLite::Statement meta(database, "INSERT INTO meta VALUES('origin', ?)");
    meta.bind(1, std::string(origin));
    meta.exec();
    SQLite::Statement run(database, "INSERT INTO runs(first_seq, count, nodes, leaves) VALUES(?, ?, ?, ?)");
    run.bind(1, first.first_seq);
    run.bind(2, first.count);
    bind_blob(run, 3, first.nodes);
    bind_blob(run, 4, first.leaves);
    run.exec();
    IMAGEWARDEN_FAULT("make: before commit");
    database.exec("COMMIT");
    IMAGEWARDEN_FAULT("make: committed");
    // Kept in the header: whoever opens the file uses a write-ahead log.
    use_write_ahead_log(database);
  });
  if (!made) static_cast<void>(std::remove(path.c_str()));
  // After a success, too: a journal that could not be deleted is no error to SQLite once the file is synchronised.
  for (const char* const suffix : {"-journal", "-wal", "-shm"}) static_cast<void>(std::remove((path + suffix).c_str()));
  return made;
}

Result<Store> Store::open(const std::string& path, const std::string& name, Access access) {
  const auto state = file_state(path);
  if (!state) return fail(Errc::kNotFound, fmt::format("{}: no such audit log", name));
  if (!is_regular_file(path)) return fail(Errc::kMalformedInput, fmt::format("{}: not a file", name));
  if (state->size_bytes == 0) return fail(Errc::kMalformedInput, fmt::format("{}: an empty file, no audit log", name));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->name = name;
  impl->place = state;
  const auto connected = access == Access::kWrite ? impl->connect_for_writing() : impl->connect_for_reading();
  if (!connected) return tl::make_unexpected(connected.error());
  const auto checked = impl->check_format(access);
  if (!checked) return tl::make_unexpected(checked.error());
  if (access == Access::kWrite) {
    Impl* const self = impl.get();
    const auto prepared = guarded(name, [self] {
      use_write_ahead_log(*self->database);
      sqlite3_wal_hook(
          self->database->getHandle(),
          [](void* frames, sqlite3*, const char*, int count) {
            *static_cast<int*>(frames) = count;
            return SQLITE_OK;
          },
          &self->wal_frames);
    });
    if (!prepared) return tl::make_unexpected(prepared.error());
  }
  return Store(std::move(impl));
}

const std::string& Store::name() const { return impl_->name; }
const std::string& Store::origin() const { return impl_->origin; }
const std::optional<std::string>& Store::schema_problem() const { return impl_->schema_problem; }

Result<std::optional<RunPlace>> Store::last_run() {
  return impl_->reading([&]() -> std::optional<RunPlace> {
    const Use row = impl_->use(impl_->last_run, "SELECT first_seq, count FROM runs ORDER BY first_seq DESC LIMIT 1");
    if (!row->executeStep()) return std::nullopt;
    return RunPlace{row.integer(0), row.integer(1)};
  });
}

Result<std::optional<Run>> Store::run_before(std::int64_t seq, Part part) {
  return impl_->reading([&]() -> std::optional<Run> {
    const Use row =
        part == Part::kNodes
            ? impl_->use(impl_->nodes_before, "SELECT first_seq, count, " NODES
                                              " FROM runs WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1")
            : impl_->use(impl_->leaves_before, "SELECT first_seq, count, " LEAVES
                                               " FROM runs WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1");
    row->bind(1, seq);
    if (!row->executeStep()) return std::nullopt;
    Run run{row.integer(0), row.integer(1), {}, {}};
    (part == Part::kNodes ? run.nodes : run.leaves) = row.bytes(2);
    return run;
  });
}

Status Store::read_runs(std::int64_t from, std::int64_t to, std::size_t max_bytes, Slice& slice) {
  slice.used = 0;
  return impl_->reading([&] {
    const Use row = impl_->use(impl_->runs, "SELECT first_seq, count, " NODES ", " LEAVES
                                            " FROM runs WHERE first_seq BETWEEN ? AND ? ORDER BY first_seq");
    row->bind(1, from);
    row->bind(2, to);
    std::size_t bytes = 0;
    while (bytes < max_bytes && row->executeStep()) {
      if (slice.used == slice.runs.size()) slice.runs.emplace_back();
      Run& run = slice.runs[slice.used++];
      run.first_seq = row.integer(0);
      run.count = row.integer(1);
      run.nodes = row.bytes(2);
      run.leaves = row.bytes(3);
      bytes += run.nodes.size() + run.leaves.size();
    }
  });
}

Result<std::optional<std::string>> Store::detail(std::int64_t seq) {
  return impl_->reading([&]() -> std::optional<std::string> {
    SQLite::Statement select(*impl_->database, "SELECT detail FROM details WHERE seq = ?");
    select.bind(1, seq);
    if (!select.executeStep()) return std::nullopt;
    return select.getColumn(0).getString();
  });
}

Result<std::vector<DetailDigest>> Store::details(std::int64_t from, std::int64_t to, std::size_t max_count) {
  return impl_->reading([&] {
    std::vector<DetailDigest> details;
    SQLite::Statement select(*impl_->database,
                             "SELECT seq, detail FROM details WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?");
    select.bind(1, from);
    select.bind(2, to);
    select.bind(3, static_cast<std::int64_t>(max_count));
    const Use row(select);
    while (row->executeStep()) {
      const std::string_view text = row.bytes(1);
      details.push_back({row.integer(0), text.size(), sha256(text)});
    }
    return details;
  });
}

Result<std::vector<StoredCheckpoint>> Store::checkpoints(std::int64_t id, std::size_t max_count) {
  return impl_->reading([&] {
    std::vector<StoredCheckpoint> found;
    SQLite::Statement statement(*impl_->database,
                                "SELECT id, size, note FROM checkpoints WHERE id >= ? ORDER BY id LIMIT ?");
    statement.bind(1, id);
    statement.bind(2, static_cast<std::int64_t>(max_count));
    const Use row(statement);
    while (row->executeStep()) found.push_back({row.integer(0), row.integer(1), std::string(row.bytes(2))});
    return found;
  });
}

Result<std::optional<StoredCheckpoint>> Store::newest_checkpoint(std::int64_t above) {
  return impl_->reading([&]() -> std::optional<StoredCheckpoint> {
    SQLite::Statement statement(*impl_->database,
                                "SELECT id, size, note FROM checkpoints WHERE size > ? ORDER BY id DESC LIMIT 1");
    statement.bind(1, above);
    const Use row(statement);
    if (!row->executeStep()) return std::nullopt;
    return StoredCheckpoint{row.integer(0), row.integer(1), std::string(row.bytes(2))};
  });
}

Status Store::begin() {
  return guarded(impl_->name, [&] {
    IMAGEWARDEN_FAULT("before begin");
    impl_->database->exec("BEGIN IMMEDIATE");
    IMAGEWARDEN_FAULT("begun");
  });
}

Status Store::insert_run(const Run& run) {
  return guarded(impl_->name, [&] {
    const Use row =
        impl_->use(impl_->insert_run, "INSERT INTO runs(first_seq, count, nodes, leaves) VALUES(?, ?, ?, ?)");
    row->bind(1, run.first_seq);
    row->bind(2, run.count);
    bind_blob(*impl_->insert_run, 3, run.nodes);
    bind_blob(*impl_->insert_run, 4, run.leaves);
    row->exec();
    IMAGEWARDEN_FAULT("run inserted");
  });
}

Status Store::insert_detail(std::int64_t seq, std::string_view detail) {
  return guarded(impl_->name, [&] {
    const Use row = impl_->use(impl_->insert_detail, "INSERT INTO details(seq, detail) VALUES(?, CAST(? AS TEXT))");
    row->bind(1, seq);
    bind_blob(*impl_->insert_detail, 2, detail);
    row->exec();
    IMAGEWARDEN_FAULT("detail inserted");
  });
}

Status Store::insert_checkpoint(std::int64_t size, std::string_view note) {
  return guarded(impl_->name, [&] {
    SQLite::Statement insert(*impl_->database, "INSERT INTO checkpoints(size, note) VALUES(?, CAST(? AS TEXT))");
    insert.bind(1, size);
    bind_blob(insert, 2, note);
    insert.exec();
  });
}

Result<bool> Store::remove_detail(std::int64_t seq) {
  return guarded(impl_->name, [&] {
    SQLite::Statement remove(*impl_->database, "DELETE FROM details WHERE seq = ?");
    remove.bind(1, seq);
    return remove.exec() > 0;
  });
}

Status Store::commit() {
  return guarded(impl_->name, [&] {
    IMAGEWARDEN_FAULT("before commit");
    impl_->database->exec("COMMIT");
    IMAGEWARDEN_FAULT("committed");
  });
}

void Store::rollback() {
  // Some errors have rolled back already. Otherwise this frees memory and locks; the frames that were written are not
  // committed.
  if (sqlite3_get_autocommit(impl_->database->getHandle()) == 0) impl_->database->tryExec("ROLLBACK");
}

void Store::checkpoint_if_large() {
  if (impl_->wal_frames < impl_->next_checkpoint_frames) {
    if (impl_->wal_frames < kCheckpointFrames) impl_->next_checkpoint_frames = kCheckpointFrames;
    return;
  }
  IMAGEWARDEN_FAULT("before checkpoint of a large write-ahead log");
  sqlite3_wal_checkpoint_v2(impl_->database->getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  IMAGEWARDEN_FAULT("after checkpoint of a large write-ahead log");
  // The next commit starts the write-ahead log anew, unless a reader is at work in it: then it grows on, and the next
  // try comes when as much again has been written.
  impl_->next_checkpoint_frames = impl_->wal_frames + kCheckpointFrames;
}

bool Store::checkpoint_all() {
  sqlite3* const handle = impl_->database->getHandle();
  sqlite3_busy_timeout(handle, 0);  // a reader is not waited for: the frames stay where they are
  IMAGEWARDEN_FAULT("before the last checkpoint");
  const int code = sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  IMAGEWARDEN_FAULT("after the last checkpoint");
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return code == SQLITE_OK;
}

Status Store::check_in_place() const {
  const auto now = file_state(impl_->path);
  if (now && now->device == impl_->place->device && now->inode == impl_->place->inode) return {};
  return fail(Errc::kIo, fmt::format("{}: the file was removed or replaced while it was open", impl_->name));
}

}  // namespace imagewarden::audit
