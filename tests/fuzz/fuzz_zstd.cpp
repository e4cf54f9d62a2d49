// Files that zstd packed: damaged ones, and any bytes packed and unpacked again.

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "engine/base/limits.h"
#include "tests/fuzz/packed.h"

namespace {

using namespace imagewarden;

// The context serves all inputs: to make one takes longer than to pack a short one.
std::string pack(std::string_view bytes) {
  static const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), bytes.data(), bytes.size(), 1);
  fuzz::require(ZSTD_isError(size) == 0, "everything is packed");
  out.resize(size);
  return out;
}

// So many bytes at a time, into so much room. Stops where the stream under test must have stopped before.
std::optional<std::string> in_parts(std::string_view packed, std::size_t part, std::size_t room) {
  // Another one for each input: what a context saw before decides what damage it sees.
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  static std::string buffer(inventory::Block::kBytes, '\0');
  fuzz::require(room <= buffer.size(), "there is room");
  std::string out;
  std::size_t status = 1;
  const std::size_t enough = fuzz::more_than_allowed(packed);
  for (std::size_t at = 0; at < packed.size(); at += part) {
    const std::string_view given = packed.substr(at, part);
    ZSTD_inBuffer input{given.data(), given.size(), 0};
    std::size_t made = 0;
    do {
      ZSTD_outBuffer output{buffer.data(), room, 0};
      status = ZSTD_decompressStream(stream.get(), &output, &input);
      if (ZSTD_isError(status) != 0) return std::nullopt;
      made = output.pos;
      out.append(buffer, 0, made);
    } while (input.pos < input.size || made == room);
    if (out.size() > enough) return out;
  }
  if (status != 0) return std::nullopt;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  // libzstd sees some damage, such as a frame of another size than it says, only where it has all of it at once.
  fuzz::check_packed(
      fuzz::unpack(inventory::Packing::kZstd, text), text,
      {in_parts(text, 1, 4096), in_parts(text, std::max<std::size_t>(text.size(), 1), inventory::Block::kBytes)});
  const std::string packed = pack(text);
  const std::string twice = packed + packed;
  fuzz::require(fuzz::unpack(inventory::Packing::kZstd, twice).bytes == text + text, "frames follow each other");
  return 0;
}
