#pragma once
// The parts of an export, a file each, and what they share. Callers use audit/export.h.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/export.h"
#include "engine/base/sha256.h"

namespace imagewarden::audit {

using ExportWrite = std::function<void(std::string_view)>;

[[nodiscard]] std::unique_ptr<Exporter> make_ocsf_exporter(const ExportInfo& info, ExportWrite write);
[[nodiscard]] std::unique_ptr<Exporter> make_cloudevents_exporter(const ExportInfo& info, ExportWrite write);
[[nodiscard]] std::unique_ptr<Exporter> make_oscal_exporter(const ExportInfo& info, ExportWrite write);

// The namespace of our names in other people's formats, and the start of the names that UUIDs are made from.
constexpr std::string_view kExportNamespace = "https://example.com/imagewarden/audit";

// One record has one UUID in all formats, made from its leaf hash: two logs of one origin do not share them.
[[nodiscard]] std::string record_uuid(const Sha256Digest& leaf_hash);

// A text member of the leaf under its name there.
struct TextMember {
  std::string_view name;
  std::string_view text;
};
// All of them but `kind`, `origin` and `time`, in the order of the leaf, without the empty ones. Views into `record`.
[[nodiscard]] std::vector<TextMember> text_members(const Record& record);

}  // namespace imagewarden::audit
