// The audit log against its limits, in one run on one disk: an fsync probe, plain SQLite, libcrypto.
// usage: bench_audit [--records N] [--folder FOLDER] [--repeat N]; with 0 records only the threads

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include "audit/log.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "audit/writer.h"
#include "bench/figure.h"

namespace {

using namespace imagewarden;
using namespace imagewarden::audit;
using imagewarden::bench::print_figure;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 1000;

double seconds(const std::function<void()>& work) {
  const auto began = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - began).count();
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(2);
  }
  return std::move(*result);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Draft draft_of(std::size_t i) {
  Draft draft;
  draft.verb = "check";
  draft.principal = "user/alice";
  draft.account = "1740265893310827";
  draft.image = fmt::format("img-{:012}", i);
  draft.outcome = "deny";
  draft.code = "ImageNotAllowDelete";
  draft.permission = "allow";
  return draft;
}

WriterIdentity identity() {
  return {"h", "u", [] {
            return Time{std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count()};
          }};
}

void remove_log(const std::string& path) {
  for (const char* const suffix : {"", "-wal", "-shm", ".lock", ".index"}) std::filesystem::remove(path + suffix);
}

// Synchronisations a second of a file that grows by so many pages each time, as a write-ahead log does.
double fsync_rate(const std::string& folder, std::size_t pages = 1) {
  const std::string path = folder + "/probe";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string page(pages * 4096, 'x');
  std::size_t count = 0;
  const auto began = Clock::now();
  while (Clock::now() - began < std::chrono::milliseconds(500)) {
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) std::exit(2);
    ++count;
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  ::close(file);
  std::filesystem::remove(path);
  return static_cast<double>(count) / took;
}

// One row a record, no index: the least that a durable SQLite log costs.
double plain_sqlite(const std::string& folder, const std::vector<std::string>& leaves, std::size_t& bytes) {
  const std::string path = folder + "/plain.db";
  remove_log(path);
  double took = 0;
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE records(leaf BLOB)");
    SQLite::Statement insert(database, "INSERT INTO records VALUES(?)");
    took = seconds([&] {
      for (std::size_t begin = 0; begin < leaves.size(); begin += kBatch) {
        database.exec("BEGIN IMMEDIATE");
        const std::size_t end = std::min(begin + kBatch, leaves.size());
        for (std::size_t i = begin; i < end; ++i) {
          insert.bindNoCopy(1, leaves[i].data(), static_cast<int>(leaves[i].size()));
          insert.exec();
          insert.reset();
        }
        database.exec("COMMIT");
      }
    });
  }
  bytes = std::filesystem::file_size(path);
  remove_log(path);
  return took;
}

double log_append(const std::string& path, std::size_t records, bool beside) {
  remove_log(path);
  std::vector<Draft> all;
  for (std::size_t i = 0; i < records; ++i) all.push_back(draft_of(i));
  Log log = must(Log::create(path, "bench", identity()));
  if (!beside) {
    return seconds([&] {
      for (std::size_t begin = 0; begin < records; begin += kBatch)
        must(log.append(std::span(all).subspan(begin, std::min(kBatch, records - begin))));
    });
  }
  Writer writer(std::move(log));
  return seconds([&] {
    std::vector<Writer::Ticket> on_their_way;
    for (std::size_t begin = 0; begin < records; begin += kBatch) {
      on_their_way.push_back(must(writer.submit(std::span(all).subspan(begin, std::min(kBatch, records - begin)))));
      if (on_their_way.size() < 2) continue;
      must(writer.wait(std::move(on_their_way.front())));
      on_their_way.erase(on_their_way.begin());
    }
    for (Writer::Ticket& ticket : on_their_way) must(writer.wait(std::move(ticket)));
  });
}

void many_threads(const std::string& path, const std::string& folder) {
  constexpr std::size_t kThreads = 64;
  constexpr auto kTime = std::chrono::seconds(2);
  remove_log(path);
  const double before = fsync_rate(folder);
  WriterCounts counts;
  double took = 0;
  {
    Writer writer(must(Log::create(path, "bench", identity())));
    const auto until = Clock::now() + kTime;
    took = seconds([&] {
      std::vector<std::thread> threads;
      for (std::size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          const Draft draft = draft_of(t);
          while (Clock::now() < until) must(writer.append({&draft, 1}));
        });
      }
      for (std::thread& thread : threads) thread.join();
    });
    counts = writer.counts();
  }
  const double after = fsync_rate(folder);
  const double probe = (before + after) / 2;
  const double commits = static_cast<double>(counts.commits) / took;
  // What such a commit writes: the records with their hashes, the two pages of the row's place, a frame header each.
  constexpr std::size_t kRecordBytes = 340 + 1 + 64;
  const std::size_t pages = 2 + (kRecordBytes * counts.records / counts.commits + 4095) / 4096;
  const double same_bytes = fsync_rate(folder, pages);
  print_figure("threads.records_a_commit", static_cast<double>(counts.records) / static_cast<double>(counts.commits),
               "");
  print_figure("threads.commits", commits, "/s");
  print_figure("threads.fsync_page", probe, "/s");
  print_figure("threads.fsync_same_pages", same_bytes, "/s");
}

void reading(const std::string& path, const std::vector<std::string>& leaves, int repeat) {
  std::size_t bytes = 0;
  for (const std::string& leaf : leaves) bytes += leaf.size();
  std::string whole;
  for (const std::string& leaf : leaves) whole += leaf;
  std::vector<double> stream;
  std::vector<double> each;
  std::vector<double> two;
  std::vector<double> one_thread;
  std::vector<double> two_threads;
  for (int i = 0; i < repeat; ++i) {
    std::uint8_t sum = 0;
    stream.push_back(seconds([&] { sum = static_cast<std::uint8_t>(sum ^ sha256(whole)[0]); }));
    each.push_back(seconds([&] {
      for (const std::string& leaf : leaves) sum = static_cast<std::uint8_t>(sum ^ leaf_hash(leaf)[0]);
    }));
    two.push_back(seconds([&] {
      const std::size_t half = leaves.size() / 2;
      std::uint8_t other = 0;
      std::thread second([&] {
        for (std::size_t k = half; k < leaves.size(); ++k)
          other = static_cast<std::uint8_t>(other ^ leaf_hash(leaves[k])[0]);
      });
      for (std::size_t k = 0; k < half; ++k) sum = static_cast<std::uint8_t>(sum ^ leaf_hash(leaves[k])[0]);
      second.join();
      sum = static_cast<std::uint8_t>(sum ^ other);
    }));
    if (sum == 1) fmt::print("\n");  // keeps the work
    for (const unsigned threads : {1U, 2U}) {
      VerifyOptions options;
      options.threads = threads;
      (threads == 1 ? one_thread : two_threads).push_back(seconds([&] {
        if (!must(verify(path, options)).ok()) std::exit(1);
      }));
    }
  }
  const auto print_rate = [&](std::string_view name, const std::vector<double>& times) {
    print_figure(name, static_cast<double>(bytes) / median(times) / 1e6, "MB/s");
  };
  print_rate("verify.one_thread", one_thread);
  print_rate("verify.two_threads", two_threads);
  print_rate("sha256.one_stream", stream);
  print_rate("sha256.leaf_by_leaf", each);
  print_rate("sha256.leaf_by_leaf_two_threads", two);
}

void single(const std::string& path) {
  constexpr std::size_t kTimes = 200;
  const SigningKey key = must(SigningKey::generate());
  {
    Log log = must(Log::open(path, identity()));
    must(log.checkpoint(key));
  }
  std::vector<double> opens;
  for (int i = 0; i < 20; ++i) opens.push_back(seconds([&] { must(Log::open(path, identity())); }));
  Log log = must(Log::open_read_only(path));
  const std::uint64_t size = must(log.head()).size;
  std::vector<double> proofs;
  std::uint64_t at = 12345;
  for (std::size_t i = 0; i < kTimes; ++i) {
    at = (at * 6364136223846793005U + 1442695040888963407U);
    proofs.push_back(seconds([&] { must(log.prove((at >> 20U) % size)); }));
  }
  print_figure("log.size", static_cast<double>(size), "records");
  print_figure("log.open", 1e3 * median(opens), "ms");
  print_figure("log.prove", 1e3 * median(proofs), "ms");
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t records = 1'000'000;
  std::string folder = ".";
  int repeat = 3;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--records") records = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--folder") folder = argv[i + 1];
    if (option == "--repeat") repeat = std::atoi(argv[i + 1]);
  }
  const std::string path = folder + "/bench-audit.db";
  if (records == 0) {
    for (int i = 0; i < repeat; ++i) many_threads(folder + "/bench-threads.db", folder);
    remove_log(folder + "/bench-threads.db");
    return 0;
  }
  log_append(path, records, false);
  std::vector<std::string> leaves;
  std::size_t leaf_bytes = 0;
  {
    Log log = must(Log::open_read_only(path));
    must(log.read(0, records + 1, [&](std::uint64_t, std::string_view leaf) {
      leaves.emplace_back(leaf);
      leaf_bytes += leaf.size();
      return true;
    }));
  }
  std::vector<double> probes;
  std::vector<double> plain;
  std::vector<double> alone;
  std::vector<double> beside;
  std::size_t plain_bytes = 0;
  for (int i = 0; i < repeat; ++i) {
    probes.push_back(fsync_rate(folder));
    plain.push_back(plain_sqlite(folder, leaves, plain_bytes));
    alone.push_back(log_append(path, records, false));
    beside.push_back(log_append(path, records, true));
  }
  const auto rate = [&](const std::vector<double>& times) { return static_cast<double>(records) / median(times); };
  const auto stored = static_cast<double>(std::filesystem::file_size(path));
  const auto leaf_sum = static_cast<double>(leaf_bytes);
  print_figure("append.leaf", leaf_sum / static_cast<double>(leaves.size()), "bytes");
  print_figure("append.fsync_page", median(probes), "/s");
  print_figure("append.plain_sqlite", rate(plain), "/s");
  print_figure("append.one_call_after_other", rate(alone), "/s");
  print_figure("append.two_batches_under_way", rate(beside), "/s");
  print_figure("append.file", stored / leaf_sum, "x leaves");
  print_figure("append.plain_sqlite_file", static_cast<double>(plain_bytes) / leaf_sum, "x leaves");
  reading(path, leaves, repeat);
  single(path);
  many_threads(folder + "/bench-threads.db", folder);
  remove_log(path);
  remove_log(folder + "/bench-threads.db");
  return 0;
}
