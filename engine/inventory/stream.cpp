#include "engine/inventory/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace imagewarden::inventory {
namespace {

void prepare(Block& block) {
  if (block.data == nullptr) {
    block.data = std::make_unique_for_overwrite<char[]>(Block::kBytes + 1);
  }
  block.size = 0;
  block.last = false;
  block.error.reset();
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr unsigned kMebi = 20;
  return bytes >> kMebi == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{} MiB", bytes >> kMebi);
}

// One unpacker a packed file.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  // Takes from `in`, appends to out[0, room); false: not of the format. `complete()` tells whether a member is open.
  // Throws std::bad_alloc where it gets no memory: that is no fault of the file.
  virtual bool unpack(std::string_view& in, char* out, std::size_t room, std::size_t& made) = 0;
  [[nodiscard]] virtual bool complete() const = 0;
};

class Gunzip final : public Unpacker {
 public:
  Gunzip() {
    // Nothing else can go wrong here.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  bool unpack(std::string_view& in, char* out, std::size_t room, std::size_t& made) override {
    made = 0;
    if (complete_) {
      if (in.empty()) return true;
      if (inflateReset(&stream_) != Z_OK) return false;  // a file may be of several members
      complete_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    made = room - stream_.avail_out;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END) complete_ = true;
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
  }
  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  z_stream stream_{};
  bool complete_{};
};

class Unzstd final : public Unpacker {
 public:
  Unzstd() {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  bool unpack(std::string_view& in, char* out, std::size_t room, std::size_t& made) override {
    made = 0;
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    if (complete_ && in.empty()) return true;
    const std::size_t status = ZSTD_decompressStream(stream_.get(), &output, &input);
    in.remove_prefix(input.pos);
    made = output.pos;
    if (ZSTD_isError(status) != 0) {
      if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      return false;
    }
    complete_ = status == 0;
    return true;
  }
  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  bool complete_{};
};

}  // namespace

// Reads file after file in the thread that calls.
class BlockStream::Source {
 public:
  Source(const std::vector<InputFile>& files, const ReadOptions& options) : files_(files), options_(options) {
    for (const InputFile& file : files) total_ += file.size;
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source() { close_file(); }

  // False: there are no more files.
  bool next(Block& block) {
    prepare(block);
    if (!open_) {
      if (file_ == files_.size()) return false;
      open_file();
    }
    block.file = file_;
    if (!error_) fill(block);
    if (error_) {
      block.size = 0;
      block.error = std::move(error_);
      block.last = true;
    }
    block.data[block.size] = '\0';
    if (block.last) {
      block.digest = hash_.finish();
      block.packed_bytes = file_bytes_;
      close_file();
      ++file_;
    }
    if (options_.progress) options_.progress(done_, total_);
    return true;
  }

 private:
  const InputFile& file() const { return files_[file_]; }

  void refuse(Errc code, std::string_view what) {
    error_ = Error{code, fmt::format("{}:{} /: {}", file().display, made_, what)};
  }

  void refuse_io(const char* what) {
    error_ = Error{Errc::kIo, fmt::format("{}: {} ({})", file().display, what, std::generic_category().message(errno))};
  }

  void open_file() {
    open_ = true;
    at_end_ = false;
    error_.reset();
    file_bytes_ = made_ = line_bytes_ = scanned_until_ = 0;
    memory_at_ = 0;
    packed_ = {};
    const InputFile& input = file();
    unpacker_.reset();
    if (input.packing == Packing::kGzip) unpacker_ = std::make_unique<Gunzip>();
    if (input.packing == Packing::kZstd) unpacker_ = std::make_unique<Unzstd>();
    if (unpacker_ != nullptr && packed_block_ == nullptr) {
      packed_block_ = std::make_unique_for_overwrite<char[]>(Block::kBytes);
    }
    std::uint64_t size = input.size;
    if (input.memory == nullptr) {
      // Never waits: what became a pipe since the walk is refused below.
      handle_ = open(input.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
      if (handle_ < 0) return refuse_io("unreadable");
      struct stat info {};
      if (fstat(handle_, &info) != 0) return refuse_io("unreadable");
      if (!S_ISREG(info.st_mode)) {
        error_ = Error{Errc::kIo, fmt::format("{}: no regular file, expected a file", input.display)};
        return;
      }
      size = static_cast<std::uint64_t>(info.st_size);
    }
    if (unpacker_ == nullptr && input.form != FileForm::kEnvelopes && size > options_.limits.document_bytes)
      refuse_length();
  }

  void refuse_length() {
    made_ -= line_bytes_;  // the place of the line
    refuse(Errc::kLimit,
           fmt::format("{} of more than {}, expected less", file().form == FileForm::kEnvelopes ? "line" : "body",
                       bytes_text(options_.limits.document_bytes)));
  }

  void close_file() {
    if (handle_ >= 0) close(handle_);
    handle_ = -1;
    open_ = false;
  }

  // Bytes as they are on disk; 0: the end, or error_.
  std::size_t read_some(char* out, std::size_t room) {
    std::size_t count = 0;
    if (file().memory != nullptr) {
      count = std::min(room, file().memory->size() - memory_at_);
      std::memcpy(out, file().memory->data() + memory_at_, count);
      memory_at_ += count;
    } else {
      ssize_t got = 0;
      do {
        got = read(handle_, out, room);
      } while (got < 0 && errno == EINTR);
      if (got < 0) {
        refuse_io("unreadable");
        return 0;
      }
      count = static_cast<std::size_t>(got);
    }
    hash_.update({out, count});
    file_bytes_ += count;
    done_ += count;
    return count;
  }

  void fill(Block& block) {
    while (block.size < Block::kBytes && !at_end_ && !error_) {
      char* const out = block.data.get() + block.size;
      const std::size_t room = Block::kBytes - block.size;
      if (unpacker_ == nullptr) {
        const std::size_t got = read_some(out, room);
        at_end_ = got == 0;
        block.size += got;
      } else {
        unpack_some(block, out, room);
      }
    }
    if (error_) return;
    made_ += block.size;
    block.last = at_end_;
    check_length(block.view());
  }

  void unpack_some(Block& block, char* out, std::size_t room) {
    if (packed_.empty()) packed_ = {packed_block_.get(), read_some(packed_block_.get(), Block::kBytes)};
    if (error_) return;
    const bool no_more = packed_.empty();
    if (no_more && unpacker_->complete()) {
      at_end_ = true;
      return;
    }
    std::size_t made = 0;
    const std::size_t before = packed_.size();
    const bool good = unpacker_->unpack(packed_, out, room, made);
    block.size += made;
    if (!good) {
      made_ += block.size;
      return refuse(Errc::kMalformedInput, fmt::format("damaged data, expected {}", packing_name()));
    }
    if (made == 0 && packed_.size() == before) {
      made_ += block.size;
      return refuse(Errc::kMalformedInput,
                    no_more ? fmt::format("file ends inside its {} data, expected the rest", packing_name())
                            : fmt::format("damaged data, expected {}", packing_name()));
    }
    const std::uint64_t unpacked = made_ + block.size;
    if (unpacked > options_.limits.free_unpacked_bytes && unpacked / options_.limits.expansion > file_bytes_) {
      made_ = unpacked;
      refuse(Errc::kLimit,
             fmt::format("data grows more than {}-fold when unpacked, expected less", options_.limits.expansion));
    }
  }

  [[nodiscard]] std::string_view packing_name() const { return file().packing == Packing::kGzip ? "gzip" : "zstd"; }

  // Refuses a line (or a body) that is too long before anybody holds it.
  void check_length(std::string_view bytes) {
    if (file().form == FileForm::kEnvelopes) {
      // Lines inside of the block are shorter than it.
      const std::size_t first = bytes.find('\n');
      if (first != std::string_view::npos && line_bytes_ + first > options_.limits.document_bytes) {
        line_bytes_ += first;
        made_ -= bytes.size() - first;
        return refuse_length();
      }
      const std::size_t newline = bytes.rfind('\n');
      line_bytes_ = newline == std::string_view::npos ? line_bytes_ + bytes.size() : bytes.size() - newline - 1;
    } else {
      line_bytes_ += bytes.size();
    }
    if (line_bytes_ > options_.limits.document_bytes) return refuse_length();
    if (file().form == FileForm::kEnvelopes && unpacker_ == nullptr && line_bytes_ > 4 * Block::kBytes &&
        made_ > scanned_until_) {
      look_ahead();
    }
  }

  // Looks for the end of a long line in the file itself.
  void look_ahead() {
    std::uint64_t length = line_bytes_;
    if (file().memory != nullptr) {
      const std::size_t newline = file().memory->find('\n', memory_at_);
      scanned_until_ = std::min(newline, file().memory->size());
      length += scanned_until_ - memory_at_;
    } else {
      std::array<char, 65536> buffer{};
      scanned_until_ = made_;
      while (length <= options_.limits.document_bytes) {
        const ssize_t got = pread(handle_, buffer.data(), buffer.size(), static_cast<off_t>(scanned_until_));
        if (got <= 0) break;
        const auto count = static_cast<std::size_t>(got);
        const void* const newline = std::memchr(buffer.data(), '\n', count);
        const std::size_t part =
            newline == nullptr ? count : static_cast<std::size_t>(static_cast<const char*>(newline) - buffer.data());
        scanned_until_ += part;
        length += part;
        if (newline != nullptr) break;
      }
    }
    if (length > options_.limits.document_bytes) refuse_length();
  }

  const std::vector<InputFile>& files_;
  const ReadOptions& options_;
  std::uint64_t total_{};
  std::uint64_t done_{};
  std::size_t file_{};
  bool open_{};
  bool at_end_{};
  int handle_{-1};
  std::size_t memory_at_{};
  std::uint64_t file_bytes_{};     // read so far
  std::uint64_t made_{};           // unpacked so far
  std::uint64_t line_bytes_{};     // since the last line break
  std::uint64_t scanned_until_{};  // no line break up to here
  std::string_view packed_;
  std::unique_ptr<char[]> packed_block_;
  std::unique_ptr<Unpacker> unpacker_;
  std::optional<Error> error_;
  Sha256 hash_;
};

// A thread that keeps a few blocks ready.
class BlockStream::Ahead {
 public:
  explicit Ahead(Source& source) : source_(source), thread_([this] { run(); }) {}
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;
  ~Ahead() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  const Block* next() {
    std::unique_lock lock(mutex_);
    if (taken_) {
      // The block of the last call is free again.
      ++first_;
      taken_ = false;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return first_ != filled_ || finished_; });
    if (first_ == filled_ && thrown_) std::rethrow_exception(thrown_);
    if (first_ == filled_) return nullptr;
    taken_ = true;
    return &ring_[first_ % ring_.size()];
  }

 private:
  // What is thrown here is thrown by next().
  void run() noexcept {
    try {
      fill_blocks();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      thrown_ = std::current_exception();
      finished_ = true;
    }
    changed_.notify_all();
  }

  void fill_blocks() {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || filled_ - first_ < ring_.size(); });
        if (stop_) return;
      }
      const bool more = source_.next(ring_[filled_ % ring_.size()]);
      {
        const std::lock_guard lock(mutex_);
        if (more) {
          ++filled_;
        } else {
          finished_ = true;
        }
      }
      changed_.notify_all();
      if (!more) return;
    }
  }

  Source& source_;
  std::array<Block, 4> ring_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t first_{};   // the block that comes next
  std::size_t filled_{};  // blocks made; only the thread writes it
  bool taken_{};
  bool finished_{};
  std::exception_ptr thrown_;
  bool stop_{};
  std::thread thread_;
};

BlockStream::BlockStream(const std::vector<InputFile>& files, const ReadOptions& options)
    : source_(std::make_unique<Source>(files, options)) {
  if (options.threads <= 1) return;
  try {
    ahead_ = std::make_unique<Ahead>(*source_);
  } catch (const std::system_error&) {
    // The system gives no thread: next() reads.
  }
}

BlockStream::~BlockStream() = default;

const Block* BlockStream::next() {
  if (ahead_ != nullptr) return ahead_->next();
  return source_->next(block_) ? &block_ : nullptr;
}

}  // namespace imagewarden::inventory
