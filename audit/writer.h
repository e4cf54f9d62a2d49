#pragma once
// Many threads, one log: group commit. What is handed over while a commit is at the disk goes out with the next one,
// in one commit for all; encoding is done by the threads that hand over, hashing too where it is much, beside the disk.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "audit/draft_batch.h"
#include "audit/log.h"

namespace imagewarden::audit {

// How a writer has worked so far.
struct WriterCounts {
  std::uint64_t records{};
  std::uint64_t commits{};
  std::uint64_t placed{};  // records hashed in their place, also those placed again as others wrote between
};

// Takes a log over and commits from a thread of its own. All calls but the destructor are safe for any number of
// threads. A lack of memory in that thread ends the process: nothing was acknowledged that is not durable.
class Writer {
 public:
  // Precondition: `log` was opened for writing. Throws std::system_error where the system gives no thread.
  explicit Writer(Log log);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Commits what was handed over, then ends.
  ~Writer();

  // Appends all drafts in order, in one commit, with those of other threads; returns the first seq once they are
  // durable, never before. As Log::append() otherwise.
  Result<std::uint64_t> append(std::span<const Draft> drafts);

  // The same in two steps, so that the next drafts can be made while these are on their way. They go out in the order
  // of the calls, which wait while 16,384 drafts are not yet at the disk. Drafts that can be no record are refused
  // alone, here or by wait().
  class Ticket;
  Result<Ticket> submit(std::span<const Draft> drafts);
  // The batch is held until it is durable, and must not change until then.
  Result<Ticket> submit(std::shared_ptr<const DraftBatch> drafts);
  Result<std::uint64_t> wait(Ticket ticket);

  // Calls the log between two commits, when all that was handed over before is durable.
  Result<std::string> checkpoint(const SigningKey& key,
                                 const std::optional<SignedCheckpoint>& published = std::nullopt);
  [[nodiscard]] WriterCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Writer::Ticket {
 public:
  Ticket(Ticket&&) noexcept;
  Ticket& operator=(Ticket&&) noexcept;
  ~Ticket();

 private:
  friend class Writer;
  struct State;
  explicit Ticket(std::shared_ptr<State> state, std::size_t part);
  std::shared_ptr<State> state_;
  std::size_t part_{};  // of its commit
};

}  // namespace imagewarden::audit
