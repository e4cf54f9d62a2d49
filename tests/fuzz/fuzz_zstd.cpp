// Files that zstd packed: damaged ones, and any bytes packed and unpacked again.

#include <zstd.h>

#include <memory>
#include <string>

#include "engine/base/limits.h"
#include "tests/fuzz/packed.h"

namespace {

using namespace imagewarden;

std::string pack(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
  fuzz::require(ZSTD_isError(size) == 0, "everything is packed");
  out.resize(size);
  return out;
}

// A byte at a time. Stops where the stream under test must have stopped long before.
std::optional<std::string> by_bytes(std::string_view packed) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::string out;
  char buffer[4096];
  std::size_t status = 1;
  const std::size_t enough = fuzz::more_than_allowed(packed);
  for (const char byte : packed) {
    ZSTD_inBuffer input{&byte, 1, 0};
    std::size_t made = 0;
    do {
      ZSTD_outBuffer output{buffer, sizeof buffer, 0};
      status = ZSTD_decompressStream(stream.get(), &output, &input);
      if (ZSTD_isError(status) != 0) return std::nullopt;
      made = output.pos;
      out.append(buffer, made);
    } while (input.pos < input.size || made == sizeof buffer);
    if (out.size() > enough) return out;
  }
  if (status != 0) return std::nullopt;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::check_packed(fuzz::unpack(inventory::Packing::kZstd, text), text, by_bytes(text));
  const std::string twice = pack(text) + pack(text);
  fuzz::require(fuzz::unpack(inventory::Packing::kZstd, twice).bytes == text + text, "frames follow each other");
  return 0;
}
