// Files that gzip packed: damaged ones, and any bytes packed and unpacked again.

#include <zlib.h>

#include <string>

#include "engine/base/limits.h"
#include "tests/fuzz/packed.h"

namespace {

using namespace imagewarden;

std::string pack(std::string_view bytes) {
  z_stream stream{};
  fuzz::require(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib is there");
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "everything is packed");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Member by member, a byte at a time.
std::optional<std::string> by_bytes(std::string_view packed) {
  std::string out;
  char buffer[4096];
  while (true) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
      if (packed.empty() && status != Z_OK) break;
      char byte = packed.empty() ? '\0' : packed.front();
      stream.next_in = reinterpret_cast<Bytef*>(&byte);
      stream.avail_in = packed.empty() ? 0 : 1;
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof buffer;
      status = inflate(&stream, Z_NO_FLUSH);
      out.append(buffer, sizeof buffer - stream.avail_out);
      if (stream.avail_in == 0 && !packed.empty()) packed.remove_prefix(1);
      if (status == Z_BUF_ERROR && !packed.empty()) status = Z_OK;
      if (status != Z_OK && status != Z_STREAM_END) break;
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) return std::nullopt;
    if (packed.empty()) return out;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::check_packed(fuzz::unpack(inventory::Packing::kGzip, text), text, {by_bytes(text)});
  const std::string packed = pack(text);
  const std::string twice = packed + packed;
  fuzz::require(fuzz::unpack(inventory::Packing::kGzip, twice).bytes == text + text, "members follow each other");
  return 0;
}
