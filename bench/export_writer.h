#pragma once
// Writes responses as an export: envelopes in one file (plain, gzip, zstd), or raw bodies in files of their own.
// Streaming: memory is one page. Errors of the file system and of the compressors are thrown as std::runtime_error. Not
// thread-safe. Format: docs/exports.md.

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/inventory_world.h"

namespace imagewarden::bench {

inline constexpr std::size_t kPageSize = 100;

class Sink {
 public:
  Sink(const std::filesystem::path& path, Format format) : path_(path), format_(format) {
    file_.reset(std::fopen(path.c_str(), "wb"));
    if (!file_) fail("cannot create");
    if (format_ == Format::kGzip) {
      // 16 + 15: a gzip header, in which zlib leaves the time at zero.
      if (deflateInit2(&deflate_, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("zlib");
    } else if (format_ == Format::kZstd) {
      zstd_.reset(ZSTD_createCCtx());
      if (!zstd_) fail("zstd");
    }
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink() {
    if (format_ == Format::kGzip) deflateEnd(&deflate_);
  }

  void write(std::string_view bytes) { put(bytes, false); }
  void close() {
    put({}, true);
    if (std::fclose(file_.release()) != 0) fail("cannot write");
  }
  [[nodiscard]] std::uint64_t plain_bytes() const { return plain_bytes_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  [[noreturn]] void fail(std::string_view what) const {
    throw std::runtime_error(fmt::format("{} `{}`", what, path_.string()));
  }

  void put_file(const void* data, std::size_t size) {
    if (size != 0 && std::fwrite(data, 1, size, file_.get()) != size) fail("cannot write");
  }

  void put(std::string_view bytes, bool last) {
    plain_bytes_ += bytes.size();
    if (format_ == Format::kGzip) {
      put_gzip(bytes, last);
    } else if (format_ == Format::kZstd) {
      put_zstd(bytes, last);
    } else {
      put_file(bytes.data(), bytes.size());
    }
  }

  void put_gzip(std::string_view bytes, bool last) {
    // zlib's interface is not const-correct; it does not write to its input.
    deflate_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    deflate_.avail_in = static_cast<uInt>(bytes.size());
    int state = Z_OK;
    do {
      deflate_.next_out = reinterpret_cast<Bytef*>(scratch_.data());
      deflate_.avail_out = static_cast<uInt>(scratch_.size());
      state = deflate(&deflate_, last ? Z_FINISH : Z_NO_FLUSH);
      if (state == Z_STREAM_ERROR) fail("zlib");
      put_file(scratch_.data(), scratch_.size() - deflate_.avail_out);
    } while (deflate_.avail_out == 0);
  }

  void put_zstd(std::string_view bytes, bool last) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool done = false;
    while (!done) {
      ZSTD_outBuffer out{scratch_.data(), scratch_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(zstd_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) fail("zstd");
      put_file(scratch_.data(), out.pos);
      done = last ? left == 0 : in.pos == in.size;
    }
  }

  std::filesystem::path path_;
  Format format_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> zstd_;
  z_stream deflate_{};
  std::vector<char> scratch_ = std::vector<char>(1U << 18U);
  std::uint64_t plain_bytes_{};
};

using Buffer = fmt::memory_buffer;

inline std::string_view view(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }
inline void append(Buffer& buffer, std::string_view text) { buffer.append(text.data(), text.data() + text.size()); }

// Where one response goes: a line of the one envelope file, or a file of its own.
struct Address {
  std::string_view operation;
  std::string_view key;  // a request parameter that the body does not repeat; empty: none
  std::string_view value;
  std::string_view region;  // empty: not regional
  std::uint64_t page{};     // 0: not paged
  bool always_envelope{};   // raw mode too: one file for each image would be millions
};

class Export {
 public:
  explicit Export(const Options& options)
      : root_(options.out), raw_(options.format == Format::kRaw), numbers_(options.seed) {
    std::filesystem::create_directories(root_);
    Sink account(root_ / "account.json", Format::kNdjson);
    std::string regions;
    for (std::size_t i = 0; i < options.regions; ++i)
      regions += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", kRegions[i]);
    account.write(fmt::format("{{\n  \"AccountId\": \"{}\",\n  \"ExportedAt\": \"{}\",\n  \"Regions\": [{}]\n}}\n",
                              kAccount, kExportedAt, regions));
    account.close();
    const std::string_view name = options.format == Format::kGzip   ? "inventory.ndjson.gz"
                                  : options.format == Format::kZstd ? "inventory.ndjson.zst"
                                  : raw_                            ? "permissions.ndjson"
                                                                    : "inventory.ndjson";
    lines_ = std::make_unique<Sink>(root_ / name, raw_ ? Format::kNdjson : options.format);
  }

  [[nodiscard]] std::string next_request_id() { return numbers_.request_id(++requests_); }

  void response(const Address& at, std::string_view body) {
    if (raw_ && !at.always_envelope) {
      raw_file(at, body);
      return;
    }
    line_.clear();
    auto out = std::back_inserter(line_);
    fmt::format_to(out, R"({{"Operation":"{}","Request":{{)", at.operation);
    std::string_view comma;
    const auto parameter = [&](std::string_view key, std::string_view value) {
      fmt::format_to(out, R"({}"{}":"{}")", comma, key, value);
      comma = ",";
    };
    if (!at.region.empty()) parameter("RegionId", at.region);
    if (!at.key.empty()) parameter(at.key, at.value);
    if (at.page != 0) fmt::format_to(out, R"({}"PageNumber":{})", comma, at.page);
    fmt::format_to(out, R"(}},"AccountId":"{}")", kAccount);
    if (!at.region.empty()) fmt::format_to(out, R"(,"RegionId":"{}")", at.region);
    // The time of the many permission answers stands in account.json: a third less to write.
    if (!at.always_envelope) fmt::format_to(out, R"(,"ExportedAt":"{}")", kExportedAt);
    append(line_, R"(,"Response":)");
    append(line_, body);
    append(line_, "}\n");
    lines_->write(view(line_));
  }

  // Bytes of JSON, before any compression.
  [[nodiscard]] std::uint64_t close() {
    lines_->close();
    return raw_bytes_ + lines_->plain_bytes();
  }

 private:
  void raw_file(const Address& at, std::string_view body) {
    const std::filesystem::path folder = root_ / at.operation;
    std::filesystem::create_directories(folder);
    std::string name(at.operation);
    if (!at.key.empty()) name += fmt::format(".{}={}", at.key, at.value);
    if (!at.region.empty()) name += fmt::format(".RegionId={}", at.region);
    if (at.page != 0) name += fmt::format(".p{}", at.page);
    Sink file(folder / (name + ".json"), Format::kNdjson);
    file.write(body);
    file.write("\n");
    file.close();
    raw_bytes_ += file.plain_bytes();
  }

  std::filesystem::path root_;
  bool raw_;
  Numbers numbers_;
  std::unique_ptr<Sink> lines_;
  Buffer line_;
  std::uint64_t requests_{};
  std::uint64_t raw_bytes_{};
};

// How an operation's answer says which page it is and how many items there are.
struct ListShape {
  std::string_view operation;
  std::string_view list;
  std::string_view total;        // empty: the answer has none
  bool numbered{};               // PageNumber and PageSize; else NextToken
  std::string_view status_head;  // fields before and after the list
  std::string_view status_tail;
};

// Collects items into pages. Memory is one page.
class ListWriter {
 public:
  ListWriter(Export& out, const ListShape& shape, std::string_view region, std::uint64_t total)
      : out_(out), shape_(shape), region_(region), total_(total) {}

  // The buffer to write the next item into.
  Buffer& item() {
    if (in_page_ == kPageSize) flush(true);
    if (in_page_++ != 0) items_.push_back(',');
    ++seen_;
    return items_;
  }
  void finish() {
    flush(false);
    if (!shape_.total.empty() && seen_ != total_) throw std::logic_error(fmt::format("{}: total", shape_.operation));
  }

 private:
  void flush(bool more) {
    ++page_;
    body_.clear();
    auto to = std::back_inserter(body_);
    fmt::format_to(to, R"({{{}"{}":[)", shape_.status_head, shape_.list);
    append(body_, view(items_));
    append(body_, "]");
    if (shape_.numbered) {
      fmt::format_to(to, R"(,"PageNumber":{},"PageSize":{})", page_, kPageSize);
    } else if (more) {
      fmt::format_to(to, R"(,"NextToken":"AAAAAV3MpHK1AP0pfERHZN5p{:08x}")", page_);
    } else {
      append(body_, R"(,"NextToken":"")");
    }
    if (!shape_.total.empty()) fmt::format_to(to, R"(,"{}":{})", shape_.total, total_);
    fmt::format_to(to, R"(,"RequestId":"{}"{}}})", out_.next_request_id(), shape_.status_tail);
    out_.response({.operation = shape_.operation, .key = {}, .value = {}, .region = region_, .page = page_},
                  view(body_));
    items_.clear();
    in_page_ = 0;
  }

  Export& out_;
  const ListShape& shape_;
  std::string_view region_;
  std::uint64_t total_;
  std::uint64_t seen_{};
  std::uint64_t page_{};
  std::size_t in_page_{};
  Buffer items_;
  Buffer body_;
};

// Writes one list: a walk that counts, if the answer carries a total, then a walk that writes.
template <class Wanted, class Write>
void write_list(Export& out, const World& world, const ListShape& shape, std::string_view region, Wanted wanted,
                Write write) {
  std::uint64_t total = 0;
  if (!shape.total.empty()) {
    for (std::uint64_t i = 0; i < world.images(); ++i) total += wanted(world.image(i)) ? 1U : 0U;
  }
  ListWriter list(out, shape, region, total);
  for (std::uint64_t i = 0; i < world.images(); ++i) {
    const Image image = world.image(i);
    if (wanted(image)) write(list.item(), image);
  }
  list.finish();
}

}  // namespace imagewarden::bench
