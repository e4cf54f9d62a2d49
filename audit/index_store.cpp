#include "audit/index_store.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "audit/files.h"
#include "audit/segment.h"

namespace imagewarden::audit {
namespace {

constexpr std::uint32_t kIndexApplicationId = 0x49574958;  // `IWIX`
constexpr std::int64_t kIndexVersion = 1;
constexpr int kBusyTimeoutMs = 10'000;  // another process may be sorting a chunk in

// The texts are compared with those in the file: with other tables no query means what it says.
constexpr const char* kMetaSql =
    "CREATE TABLE meta(id INTEGER PRIMARY KEY, generation TEXT NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL, "
    "last_leaf BLOB NOT NULL) STRICT";
// A row holds the record `first_seq` and those that `seqs` adds to it: the distance to the one before, as a varint.
constexpr const char* kPostingsSql =
    "CREATE TABLE postings(term INTEGER NOT NULL, first_seq INTEGER NOT NULL, seqs BLOB NOT NULL, "
    "PRIMARY KEY(term, first_seq)) STRICT, WITHOUT ROWID";

Errc errc_of(const SQLite::Exception& exception) {
  switch (exception.getErrorCode() & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
      return Errc::kMalformedInput;
    default:
      return Errc::kIo;
  }
}

std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::string_view blob_of(const SQLite::Statement& row, int column) {
  const SQLite::Column value = row.getColumn(column);
  const void* const data = value.getBlob();
  return {static_cast<const char*>(data), data == nullptr ? 0U : static_cast<std::size_t>(value.getBytes())};
}

// A statement that is used again: its rows end with the scope.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { statement_.tryReset(); }
  SQLite::Statement* operator->() const { return &statement_; }
  SQLite::Statement& operator*() const { return statement_; }

 private:
  SQLite::Statement& statement_;
};

}  // namespace

// FNV-1a, 64 bits (draft-eastlake-fnv), then the finaliser of MurmurHash3, as of FNV alone the upper bits, which are
// the ones that are kept, mix badly in short texts. Byte by byte: the same on every machine.
Term term_of(std::uint8_t field, std::string_view text) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = (0xcbf29ce484222325 ^ field) * kPrime;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  hash = (hash ^ hash >> 33U) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33U) * 0xc4ceb9fe1a85ec53;
  return (hash ^ hash >> 33U) >> (64 - kTermBits);
}

struct IndexStore::Impl {
  std::string path;
  std::unique_ptr<SQLite::Database> database;
  bool is_writable{};
  std::uint64_t begun_at{};  // size of the mark of the open transaction
  std::unique_ptr<SQLite::Statement> begin_read;
  std::unique_ptr<SQLite::Statement> generation;
  std::unique_ptr<SQLite::Statement> segment_at;
  std::unique_ptr<SQLite::Statement> segments;

  Use use(std::unique_ptr<SQLite::Statement>& statement, const char* sql) const {
    if (!statement) statement = std::make_unique<SQLite::Statement>(*database, sql);
    return Use(*statement);
  }

  template <class Body>
  std::invoke_result_t<Body> guarded(Body&& body) const {
    try {
      return std::forward<Body>(body)();
    } catch (const SQLite::Exception& exception) {
      return fail(errc_of(exception), fmt::format("{}: {}", path, exception.what()));
    }
  }

  [[nodiscard]] tl::unexpected<Error> damaged() const {
    return fail(Errc::kMalformedInput, fmt::format("{}: damaged", path));
  }

  // `body` in one short read transaction in which the index is of `wanted`.
  template <class Body>
  std::invoke_result_t<Body> reading(const std::string& wanted, Body&& body) {
    auto result = guarded([&]() -> std::invoke_result_t<Body> {
      use(begin_read, "BEGIN")->exec();
      {
        const Use row = use(generation, "SELECT generation FROM meta WHERE id = 0");
        if (!row->executeStep()) return damaged();
        if (blob_of(*row, 0) != wanted) return fail(Errc::kConflict, fmt::format("{}: made anew meanwhile", path));
      }
      return body();
    });
    rollback();
    return result;
  }

  void rollback() {
    if (sqlite3_get_autocommit(database->getHandle()) == 0) database->tryExec("ROLLBACK");
  }

  void forget_statements() {
    for (auto* const statement : {&begin_read, &generation, &segment_at, &segments}) statement->reset();
  }

  // Ours by its first bytes, or nobody's: empty, or a database without anything in it.
  Result<bool> is_ours();
  bool connect(int flags);
  [[nodiscard]] std::optional<IndexMark> read_mark() const;
  [[nodiscard]] Result<std::optional<IndexMark>> usable_mark() const;
};

bool IndexStore::Impl::connect(int flags) {
  try {
    database =
        std::make_unique<SQLite::Database>(path, flags | SQLite::OPEN_NOFOLLOW | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    sqlite3* const handle = database->getHandle();
    int ignored = 0;
    // Nothing in a file from elsewhere may run.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &ignored);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &ignored);
    sqlite3_extended_result_codes(handle, 1);
    is_writable = sqlite3_db_readonly(handle, "main") == 0;
    return true;
  } catch (const SQLite::Exception&) {
    database.reset();
    return false;
  }
}

Result<bool> IndexStore::Impl::is_ours() {
  // By the descriptor that SQLite has: closing another one of the same file would end the locks of this process.
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database->getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file == nullptr || file->pMethods == nullptr) {
    return fail(Errc::kIo, fmt::format("{}: cannot be read", path));
  }
  sqlite3_int64 bytes = 0;
  if (file->pMethods->xFileSize(file, &bytes) != SQLITE_OK)
    return fail(Errc::kIo, fmt::format("{}: cannot be read", path));
  if (bytes == 0) return true;
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  constexpr std::size_t kIdAt = 68;  // https://www.sqlite.org/fileformat2.html#the_database_header
  constexpr std::size_t kHeaderBytes = kIdAt + 4;
  std::array<unsigned char, kHeaderBytes> header{};
  const int code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
    return fail(Errc::kIo, fmt::format("{}: cannot be read", path));
  if (!std::equal(kMagic.begin(), kMagic.end(), header.begin())) return false;
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8U | header[kIdAt + i];
  if (id == kIndexApplicationId || code == SQLITE_IOERR_SHORT_READ) return true;
  if (id != 0) return false;
  return guarded(
      [&]() -> Result<bool> { return database->execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0; });
}

std::optional<IndexMark> IndexStore::Impl::read_mark() const {
  if (database->execAndGet("PRAGMA application_id").getInt64() != kIndexApplicationId ||
      database->execAndGet("PRAGMA user_version").getInt64() != kIndexVersion ||
      // Of a file with a write-ahead log, readers would need a folder that can be written.
      database->execAndGet("PRAGMA journal_mode").getString() == "wal") {
    return std::nullopt;
  }
  SQLite::Statement schema(*database, "SELECT sql FROM sqlite_schema ORDER BY name");
  for (const char* const sql : {kMetaSql, kPostingsSql}) {
    if (!schema.executeStep() || blob_of(schema, 0) != sql) return std::nullopt;
  }
  if (schema.executeStep()) return std::nullopt;
  SQLite::Statement row(*database, "SELECT generation, origin, size, last_leaf FROM meta WHERE id = 0");
  if (!row.executeStep()) return std::nullopt;
  const std::int64_t size = row.getColumn(2).getInt64();
  if (size < 0 || size > as_signed(kMaxSeq)) return std::nullopt;
  return IndexMark{std::string(blob_of(row, 0)), std::string(blob_of(row, 1)), static_cast<std::uint64_t>(size),
                   std::string(blob_of(row, 3))};
}

Result<std::optional<IndexMark>> IndexStore::Impl::usable_mark() const {
  auto mark = guarded([&]() -> Result<std::optional<IndexMark>> { return read_mark(); });
  if (!mark && mark.error().code == Errc::kMalformedInput) return std::optional<IndexMark>{};
  return mark;
}

IndexStore::IndexStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexStore::IndexStore(IndexStore&&) noexcept = default;
IndexStore& IndexStore::operator=(IndexStore&&) noexcept = default;
IndexStore::~IndexStore() = default;

Result<IndexStore> IndexStore::open(const std::string& path, const std::string& log_path) {
  std::error_code error;
  const auto before = std::filesystem::symlink_status(path, error);
  const bool exists = std::filesystem::exists(before);
  if (exists && !std::filesystem::is_regular_file(before))
    return fail(Errc::kConflict, fmt::format("{}: not a file", path));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (!impl->connect(SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) && !impl->connect(SQLite::OPEN_READONLY))
    return fail(exists ? Errc::kIo : Errc::kNotFound, fmt::format("{}: cannot be opened", path));
  if (!exists) {
    // Who may not read the log, may not read what stands in it here.
    const auto log = std::filesystem::status(log_path, error);
    if (!error) std::filesystem::permissions(path, log.permissions(), error);
  }
  const auto ours = impl->is_ours();
  if (!ours) return tl::make_unexpected(ours.error());
  if (!*ours) return fail(Errc::kConflict, fmt::format("{}: a file that is no index", path));
  return IndexStore(std::move(impl));
}

bool IndexStore::is_writable() const { return impl_->is_writable; }

Result<std::optional<IndexMark>> IndexStore::mark() { return impl_->usable_mark(); }

Status IndexStore::reset(std::string_view origin) {
  const auto generation = random_id();
  if (!generation) return tl::make_unexpected(generation.error());
  impl_->forget_statements();
  SQLite::Database& database = *impl_->database;
  auto done = impl_->guarded([&]() -> Status {
    // https://www.sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigresetdatabase: whatever the file holds, and
    // under the locks of SQLite. To remove it could pair the journal of one who writes with a new file.
    int ignored = 0;
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_RESET_DATABASE, 1, &ignored);
    database.tryExec("PRAGMA temp_store = MEMORY");
    const int vacuumed = database.tryExec("VACUUM");
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_RESET_DATABASE, 0, &ignored);
    if (vacuumed != SQLITE_OK) return fail(Errc::kIo, fmt::format("{}: cannot be made empty", impl_->path));
    database.tryExec("PRAGMA journal_mode = DELETE");
    database.exec("BEGIN IMMEDIATE");
    // Another one was as fast.
    if (database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() != 0) return {};
    database.exec(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kIndexApplicationId, kIndexVersion));
    database.exec(kMetaSql);
    database.exec(kPostingsSql);
    SQLite::Statement meta(database,
                           "INSERT INTO meta(id, generation, origin, size, last_leaf) VALUES(0, ?, ?, 0, x'')");
    meta.bind(1, *generation);
    meta.bind(2, std::string(origin));
    meta.exec();
    database.exec("COMMIT");
    return {};
  });
  impl_->rollback();
  return done;
}

Result<std::optional<IndexMark>> IndexStore::begin() {
  const auto begun = impl_->guarded([&]() -> Status {
    // A chunk changes many pages: they stay in memory until its end. What a power failure may take is the chunk as a
    // whole, as postings and mark are of one transaction.
    impl_->database->exec("PRAGMA synchronous = FULL; PRAGMA cache_size = -131072");
    impl_->database->exec("BEGIN IMMEDIATE");
    return {};
  });
  if (!begun) return tl::make_unexpected(begun.error());
  auto mark = impl_->usable_mark();
  if (!mark || !*mark) {
    impl_->rollback();
  } else {
    impl_->begun_at = (**mark).size;
  }
  return mark;
}

void IndexStore::rollback() { impl_->rollback(); }

Status IndexStore::add(const IndexMark& after, std::span<const Posting> postings) {
  SQLite::Database& database = *impl_->database;
  auto done = impl_->guarded([&]() -> Status {
    SQLite::Statement last(database,
                           "SELECT first_seq, seqs FROM postings WHERE term = ? ORDER BY first_seq DESC LIMIT 1");
    SQLite::Statement insert(database, "INSERT INTO postings(term, first_seq, seqs) VALUES(?, ?, ?)");
    SQLite::Statement update(database, "UPDATE postings SET seqs = ? WHERE term = ? AND first_seq = ?");
    std::string seqs;
    std::size_t at = 0;
    while (at < postings.size()) {
      const Term term = postings[at] >> kChunkBits;
      // A list goes on in its last row while there is room, so that many small additions make no more rows than a
      // large one.
      std::uint64_t first_seq = 0;
      std::uint64_t last_seq = 0;
      bool is_new = true;
      seqs.clear();
      last.bind(1, as_signed(term));
      if (last.executeStep()) {
        const std::string_view stored = blob_of(last, 1);
        first_seq = static_cast<std::uint64_t>(last.getColumn(0).getInt64());
        if (!decode_segment(first_seq, stored, [&](std::uint64_t seq) { last_seq = seq; }) ||
            last_seq >= impl_->begun_at) {
          return impl_->damaged();
        }
        is_new = stored.size() >= kSegmentBytes;
        if (!is_new) seqs = stored;
      }
      last.reset();
      const auto store = [&] {
        SQLite::Statement& statement = is_new ? insert : update;
        statement.bindNoCopy(is_new ? 3 : 1, seqs.empty() ? "" : seqs.data(), static_cast<int>(seqs.size()));
        statement.bind(is_new ? 1 : 2, as_signed(term));
        statement.bind(is_new ? 2 : 3, as_signed(first_seq));
        statement.exec();
        statement.reset();
      };
      bool is_open = !is_new;
      for (; at < postings.size() && postings[at] >> kChunkBits == term; ++at) {
        const std::uint64_t seq = impl_->begun_at + (postings[at] & (kChunkRecords - 1));
        if (is_open && seqs.size() < kSegmentBytes) {
          append_varint(seqs, seq - last_seq);
        } else {
          if (is_open) store();
          is_open = true;
          is_new = true;
          first_seq = seq;
          seqs.clear();
        }
        last_seq = seq;
      }
      store();
    }
    SQLite::Statement meta(database, "UPDATE meta SET size = ?, last_leaf = ? WHERE id = 0");
    meta.bind(1, as_signed(after.size));
    meta.bindNoCopy(2, after.last_leaf.data(), static_cast<int>(after.last_leaf.size()));
    meta.exec();
    database.exec("COMMIT");
    return {};
  });
  impl_->rollback();
  return done;
}

Result<std::uint64_t> IndexStore::weight(const std::string& generation, Term term) {
  return impl_->reading(generation, [&]() -> Result<std::uint64_t> {
    SQLite::Statement row(*impl_->database,
                          "SELECT count(*) + total(length(seqs)) FROM (SELECT seqs FROM postings WHERE term = ? LIMIT "
                          "16)");
    row.bind(1, as_signed(term));
    return row.executeStep() ? static_cast<std::uint64_t>(row.getColumn(0).getInt64()) : 0;
  });
}

Status IndexStore::collect(const std::string& generation, Term term, std::uint64_t from, std::uint64_t to,
                           std::vector<std::uint64_t>& seqs) {
  return impl_->reading(generation, [&]() -> Status {
    // The row before the first one that starts in the range may reach into it.
    std::uint64_t start = from;
    {
      const Use row = impl_->use(impl_->segment_at,
                                 "SELECT first_seq, seqs FROM postings WHERE term = ? AND first_seq <= ? ORDER BY "
                                 "first_seq DESC LIMIT 1");
      row->bind(1, as_signed(term));
      row->bind(2, as_signed(from));
      if (row->executeStep()) start = static_cast<std::uint64_t>(row->getColumn(0).getInt64());
    }
    const Use row = impl_->use(impl_->segments,
                               "SELECT first_seq, seqs FROM postings WHERE term = ? AND first_seq >= ? AND first_seq < "
                               "? ORDER BY first_seq");
    row->bind(1, as_signed(term));
    row->bind(2, as_signed(start));
    row->bind(3, as_signed(to));
    std::uint64_t next = 0;  // rows that overlap would name a record twice
    while (row->executeStep()) {
      const auto first_seq = static_cast<std::uint64_t>(row->getColumn(0).getInt64());
      if (first_seq < next) return impl_->damaged();
      const bool is_whole = decode_segment(first_seq, blob_of(*row, 1), [&](std::uint64_t seq) {
        next = seq + 1;
        if (seq >= from && seq < to) seqs.push_back(seq);
      });
      if (!is_whole) return impl_->damaged();
    }
    return {};
  });
}

Status IndexStore::retain(const std::string& generation, Term term, std::vector<std::uint64_t>& seqs) {
  return impl_->reading(generation, [&]() -> Status {
    std::size_t kept = 0;
    std::size_t at = 0;
    std::vector<std::uint64_t> held;
    while (at < seqs.size()) {
      // Only the rows in which one of the records can be: the others of a long list are never read.
      const Use row = impl_->use(impl_->segment_at,
                                 "SELECT first_seq, seqs FROM postings WHERE term = ? AND first_seq <= ? ORDER BY "
                                 "first_seq DESC LIMIT 1");
      row->bind(1, as_signed(term));
      row->bind(2, as_signed(seqs[at]));
      if (!row->executeStep()) {
        ++at;
        continue;
      }
      held.clear();
      if (!decode_segment(static_cast<std::uint64_t>(row->getColumn(0).getInt64()), blob_of(*row, 1),
                          [&](std::uint64_t seq) { held.push_back(seq); })) {
        return impl_->damaged();
      }
      if (held.back() < seqs[at]) {
        ++at;
        continue;
      }
      auto candidate = held.begin();
      for (; at < seqs.size() && seqs[at] <= held.back(); ++at) {
        candidate = std::lower_bound(candidate, held.end(), seqs[at]);
        if (*candidate == seqs[at]) seqs[kept++] = seqs[at];
      }
    }
    seqs.resize(kept);
    return {};
  });
}

}  // namespace imagewarden::audit
