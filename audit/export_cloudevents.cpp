// CloudEvents 1.0.2, structured mode in the JSON event format, one event a line.

#include <utility>

#include <fmt/format.h>

#include "audit/export_views.h"
#include "audit/tree.h"
#include "engine/base/json_writer.h"

namespace imagewarden::audit {
namespace {

// RFC 3986 §2.3.
constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

// As RFC 3986 has it, with every byte encoded that is neither unreserved nor a slash between segments. So no text can
// become a scheme or an authority, and no attribute holds a character that CloudEvents forbids (controls,
// non-characters).
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (kUnreserved.find(c) != std::string_view::npos || (c == '/' && i > 0)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

class CloudEventsExporter : public Exporter {
 public:
  explicit CloudEventsExporter(ExportWrite write) : write_(std::move(write)) {}

  void add(const Record& record, std::string_view leaf) override {
    const Sha256Digest hash = leaf_hash(leaf);
    line_.clear();
    JsonWriter json(line_);
    json.begin_object().member("specversion", "1.0").member("id", record_uuid(hash));
    json.member("source", percent_encoded(record.origin));
    json.member("type", fmt::format("imagewarden.audit.{}", to_string(record.draft.kind)));
    if (!record.draft.image.empty()) json.member("subject", percent_encoded(record.draft.image));
    json.member("time", format_rfc3339_us(record.time));
    json.member("datacontenttype", "application/json");
    // The extension `sequence` orders as text: 16 digits hold every seq.
    json.member("sequence", fmt::format("{:016}", record.seq)).member("leafhash", to_hex(hash));
    json.key("data").raw(leaf).end_object();
    line_ += '\n';
    write_(line_);
  }
  void finish() override {}

 private:
  ExportWrite write_;
  std::string line_;
};

}  // namespace

std::unique_ptr<Exporter> make_cloudevents_exporter(const ExportInfo& /*info*/, ExportWrite write) {
  return std::make_unique<CloudEventsExporter>(std::move(write));
}

}  // namespace imagewarden::audit
