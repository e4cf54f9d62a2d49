// Bytes: gzip and zstd, what is damaged or grows too much, lines and bodies across the blocks that files are read in.

#include <algorithm>
#include <string>
#include <vector>

#include <zlib.h>
#include <zstd.h>

#include "engine/inventory/stream.h"
#include "tests/unit/inventory/support.h"

namespace imagewarden::inventory::test {
namespace {

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

// Enough lines for several blocks, every one with an image.
std::string many_lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += line({"ListImage", R"({"Data":[{"ImageId":"img-)" + std::to_string(i) + R"(","ImageName":")" +
                                   std::string(i % 97, 'x') + R"("}],"Count":)" + std::to_string(count) + "}"});
  }
  return text;
}

TEST_CASE("packed and plain are the same", "[inventory][packing]") {
  const std::string plain = many_lines(20'000);
  REQUIRE(plain.size() > 3 * Block::kBytes);
  const std::string want = as_text(read({{"a.ndjson", plain}}), false);
  CHECK(state(read({{"a.ndjson", plain}}), Operation::kListImage) == "complete");
  CHECK(as_text(read({{"a.ndjson.gz", gzip(plain)}}), false) == want);
  CHECK(as_text(read({{"a.ndjson.zst", zstd(plain)}}), false) == want);
  // Members and frames one after the other are one file.
  const std::size_t middle = plain.size() / 2;
  CHECK(as_text(read({{"a.ndjson.gz", gzip(plain.substr(0, middle)) + gzip(plain.substr(middle))}}), false) == want);
  CHECK(as_text(read({{"a.ndjson.zst", zstd(plain.substr(0, middle)) + zstd(plain.substr(middle))}}), false) == want);
  CHECK(as_text(read({{"a.ndjson", plain.substr(0, plain.size() - 1)}}), false) == want);  // no line break at the end
}

TEST_CASE("packed bodies and account files", "[inventory][packing]") {
  const std::string body = R"({"Data":[{"ImageId":"i"}],"Count":1})";
  const Snapshot snapshot =
      read({{"account.json.gz", gzip(account_file().bytes)}, {"ListImage.p1.json.zst", zstd(body)}});
  CHECK(snapshot.source_of(snapshot.images().list_source[row(snapshot, "i").value], "") ==
        "ListImage.p1.json.zst#/Data/0");
}

TEST_CASE("the digest is of the files as they are", "[inventory][packing]") {
  const std::string plain = line({"ListImage", R"({"Data":[],"Count":0})"});
  const Snapshot a = read({{"a.ndjson", plain}, {"b/b.ndjson", "\n"}});
  // Sorted as lines, not by the names.
  std::vector<std::string> sums{to_hex(sha256(plain)) + "  a.ndjson\n", to_hex(sha256("\n")) + "  b/b.ndjson\n"};
  std::sort(sums.begin(), sums.end());
  CHECK(a.digest() == "sha256:" + to_hex(sha256(sums[0] + sums[1])));
  const std::string packed = gzip(plain);
  const Snapshot b = read({{"a.ndjson.gz", packed}});
  CHECK(b.digest() == "sha256:" + to_hex(sha256(to_hex(sha256(packed)) + "  a.ndjson.gz\n")));
  CHECK(b.byte_count() == packed.size());
}

TEST_CASE("damaged data", "[inventory][packing][table]") {
  struct Row {
    const char* why;
    const char* name;
    std::string bytes;
    const char* message;
  };
  const std::string packed_gzip = gzip(many_lines(50));
  const std::string packed_zstd = zstd(many_lines(50));
  const auto row = GENERATE_COPY(values<Row>({
      {"no gzip", "a.ndjson.gz", "hello", "a.ndjson.gz:0 /: damaged data, expected gzip"},
      {"no zstd", "a.ndjson.zst", "hello", "a.ndjson.zst:0 /: damaged data, expected zstd"},
      {"an empty gzip file", "a.ndjson.gz", "", "a.ndjson.gz:0 /: file ends inside its gzip data, expected the rest"},
      {"half a gzip file", "ListImage.json.gz", packed_gzip.substr(0, 10),
       "ListImage.json.gz:0 /: file ends inside its gzip data, expected the rest"},
      {"half a zstd file", "ListImage.json.zst", packed_zstd.substr(0, 12),
       "ListImage.json.zst:0 /: file ends inside its zstd data, expected the rest"},
      {"something after the end", "a.ndjson.gz", gzip("\n") + "hello", "a.ndjson.gz:1 /: damaged data, expected gzip"},
  }));
  CAPTURE(row.why);
  const Error error = read_error({account_file(), {row.name, row.bytes}});
  CHECK(error.code == Errc::kMalformedInput);
  CHECK(error.message == row.message);
}

TEST_CASE("a file that grows too much", "[inventory][packing]") {
  // A hundred megabytes of blank lines in a few thousand bytes.
  const std::string chunk = zstd(std::string(std::size_t{16} << 20U, '\n'));
  std::string bomb;
  for (int i = 0; i < 8; ++i) bomb += chunk;
  REQUIRE(bomb.size() < 100'000);
  const Error error = read_error({account_file(), {"a.ndjson.zst", bomb}});
  CHECK(error.code == Errc::kLimit);
  CHECK_THAT(error.message, Catch::StartsWith("a.ndjson.zst:") &&
                                Catch::EndsWith(" /: data grows more than 500-fold when unpacked, expected less"));
}

TEST_CASE("a line, a body may be as long as the limit", "[inventory][packing][limits]") {
  const std::string first = line({"ListImage", R"({"Data":[],"Count":0})"});
  struct Row {
    const char* why;
    const char* name;
    std::string bytes;  // of the limit
    std::string more;   // what one byte too many is put after
    std::string message;
  };
  ReadOptions options;
  options.limits.document_bytes = 5'000;
  const std::string blanks(5'000, ' ');
  const std::string blank = first + blanks;
  const std::string body = R"({"Data":[],"Count":0})" + std::string(5'000 - 21, ' ');
  const std::string place = std::to_string(first.size());
  const auto row = GENERATE_COPY(values<Row>({
      {"a line", "a.ndjson", blank, blank + " ",
       "a.ndjson:" + place + " /: line of more than 5000 bytes, expected less"},
      {"a body", "ListImage.json", body, body + " ", "ListImage.json:0 /: body of more than 5000 bytes, expected less"},
      {"a line that ends", "a.ndjson", blanks + "\n" + first, blanks + " \n" + first,
       "a.ndjson:0 /: line of more than 5000 bytes, expected less"},
      {"a packed line that ends", "a.ndjson.zst", zstd(blanks + "\n" + first), zstd(blanks + " \n" + first),
       "a.ndjson.zst:0 /: line of more than 5000 bytes, expected less"},
      {"a packed line", "a.ndjson.gz", gzip(blank), gzip(blank + " "),
       "a.ndjson.gz:" + place + " /: line of more than 5000 bytes, expected less"},
      {"a packed body", "ListImage.json.zst", zstd(body), zstd(body + " "),
       "ListImage.json.zst:0 /: body of more than 5000 bytes, expected less"},
  }));
  CAPTURE(row.why);
  CHECK(read_inventory({account_file(), {row.name, row.bytes}}, options).has_value());
  const auto refused = read_inventory({account_file(), {row.name, row.more}}, options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kLimit);
  CHECK(refused.error().message == row.message);
}

TEST_CASE("the limit of a body that is as long as no memory should be", "[inventory][packing][limits]") {
  MemoryFile file{"ListImage.json", std::string(limits::kMaxDocumentBytes + 1, ' ')};
  Error error = read_error({account_file(), file});
  CHECK(error.code == Errc::kLimit);
  CHECK(error.message == "ListImage.json:0 /: body of more than 256 MiB, expected less");
  file.path = "a.ndjson";
  error = read_error({file});
  CHECK(error.code == Errc::kLimit);
  CHECK(error.message == "a.ndjson:0 /: line of more than 256 MiB, expected less");
}

TEST_CASE("a packed file may grow by the limit", "[inventory][packing][limits]") {
  // `count` lines of blanks, in as many bytes as zstd needs for them.
  const auto packed_lines = [](std::size_t count) { return zstd(std::string(count, '\n')); };
  const std::string packed = packed_lines(100'000);
  ReadOptions options;
  options.limits.free_unpacked_bytes = 1'000;
  // The least by which it may grow: it is counted in whole bytes of the file.
  options.limits.expansion = 100'000 / (packed.size() + 1) + 1;
  CHECK(read_inventory({account_file(), {"a.ndjson.zst", packed}}, options).has_value());
  --options.limits.expansion;
  const auto refused = read_inventory({account_file(), {"a.ndjson.zst", packed}}, options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kLimit);
  options.limits.free_unpacked_bytes = 100'000;
  CHECK(read_inventory({account_file(), {"a.ndjson.zst", packed}}, options).has_value());
  --options.limits.free_unpacked_bytes;
  CHECK_FALSE(read_inventory({account_file(), {"a.ndjson.zst", packed}}, options).has_value());
  // What the header says is what holds where nobody says otherwise.
  CHECK(ReadOptions{}.limits.expansion == limits::kMaxExpansion);
  CHECK(ReadOptions{}.limits.free_unpacked_bytes == limits::kFreeUnpackedBytes);
}

TEST_CASE("a line, a body longer than a block", "[inventory][packing]") {
  std::string records;
  for (std::size_t i = 0; records.size() < 3 * Block::kBytes; ++i)
    records += (i == 0 ? "" : ",") + std::string(R"({"ImageId":"img-)") + std::to_string(i) + "\"}";
  const std::string body = R"({"Data":[)" + records + R"(],"Count":1})";
  const Snapshot plain = read({account_file(), {"ListImage.json", body}});
  const Snapshot lines_ =
      read({{"a.ndjson",
             line({"ListImage", body}) + line({"ListWuyingServer", R"({"WuyingServerList":[],"TotalCount":0})"})}});
  CHECK(plain.images().rows() == lines_.images().rows());
  CHECK(plain.images().rows() > 100'000);
  CHECK(state(lines_, Operation::kListWuyingServer) == "complete");
}

TEST_CASE("a line break at every place of a block's end", "[inventory][packing]") {
  const std::string good = line({"ListImage", R"({"Data":[{"ImageId":"i"}],"Count":1})"});
  for (std::size_t offset = 0; offset < 3; ++offset) {
    // The first line ends one byte before, at and after the end of the block.
    std::string first = good.substr(0, good.size() - 1);
    first += std::string(Block::kBytes - first.size() - 2 + offset, ' ') + "\n";
    const Snapshot snapshot = read({{"a.ndjson", first + good + "\r\n" + good + "  "}});
    CHECK(snapshot.pages().size() == 3);
    CHECK(snapshot.pages()[2].line == 4);
  }
}

}  // namespace
}  // namespace imagewarden::inventory::test
