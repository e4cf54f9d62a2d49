#include "tests/cases/case_file.h"

#include <set>
#include <stdexcept>

namespace cases {
namespace {

constexpr const char* kSchema = "imagewarden-cases/1";
constexpr const char* kList = "ListImage";

// Where a fault is: the file, then what was being read.
class Place {
 public:
  Place(std::string file, std::string where) : file_(std::move(file)), where_(std::move(where)) {}
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(file_ + ": " + where_ + ": " + what);
  }
  [[nodiscard]] Place in(const std::string& what) const { return {file_, where_ + ", " + what}; }

  // An object with no other keys than these; the first `needed` of them have to be there.
  void check_keys(const Json& json, const std::vector<std::string>& known, std::size_t needed) const {
    if (!json.is_object()) fail("not an object");
    for (const auto& [key, value] : json.items()) {
      bool is_known = false;
      for (const std::string& name : known) is_known = is_known || name == key;
      if (!is_known) fail("unknown key `" + key + "`");
    }
    for (std::size_t i = 0; i < needed; ++i) {
      if (!json.contains(known[i])) fail("`" + known[i] + "` is missing");
    }
  }
  [[nodiscard]] std::string text(const Json& json, const std::string& key) const {
    if (!json.at(key).is_string()) fail("`" + key + "` is not a string");
    return json.at(key);
  }
  [[nodiscard]] std::vector<std::string> texts(const Json& json, const std::string& key) const {
    std::vector<std::string> out;
    if (!json.at(key).is_array()) fail("`" + key + "` is not a list");
    for (const Json& item : json.at(key)) {
      if (!item.is_string()) fail("`" + key + "` holds something else than strings");
      out.push_back(item);
    }
    return out;
  }

 private:
  std::string file_;
  std::string where_;
};

Json parse(const std::string& file, const std::string& text, const std::string& content) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw std::runtime_error(file + ": not JSON: " + error.what());
  }
  const Place place(file, "top");
  place.check_keys(json, {"schema", content, "about"}, 2);
  if (json["schema"] != kSchema) place.fail("schema " + json["schema"].dump() + ", expected \"" + kSchema + "\"");
  return json;
}

void check_fragment(const Place& place, const Json& json) {
  place.check_keys(json, {"ask", "image", "twin", "other_images", "list_total", "files"}, 0);
  for (const std::string key : {"image", "twin", "files"}) {
    if (json.contains(key) && !json[key].is_object()) place.fail("`" + key + "` is not an object");
  }
  if (json.contains("other_images") && !json["other_images"].is_array()) place.fail("`other_images` is not a list");
  if (json.contains("list_total") && !json["list_total"].is_number_unsigned())
    place.fail("`list_total` is not a number");
  if (json.contains("ask"))
    place.in("ask").check_keys(json["ask"], {"principal", "image", "context", "no_context", "now", "strict"}, 0);
}

// The state that fragments build up, one after the other.
struct World {
  Json ask = Json::object();
  Json image = Json::object();
  Json twin;  // the same record on a second page, with other content
  Json others = Json::array();
  Json files = Json::object();
  Json total;

  void apply(const Json& fragment) {
    if (fragment.contains("ask")) ask.merge_patch(fragment["ask"]);
    if (fragment.contains("image")) image.merge_patch(fragment["image"]);
    if (fragment.contains("twin")) {
      if (twin.is_null()) twin = Json::object();
      for (const auto& [key, value] : fragment["twin"].items()) twin[key] = value;
    }
    if (fragment.contains("other_images"))
      others.insert(others.end(), fragment["other_images"].begin(), fragment["other_images"].end());
    if (fragment.contains("files")) {
      for (const auto& [path, body] : fragment["files"].items()) files[path] = body;
    }
    if (fragment.contains("list_total")) total = fragment["list_total"];
  }

  [[nodiscard]] std::map<std::string, std::string> rendered(const Place& place) const {
    std::map<std::string, std::string> out;
    for (const auto& [path, body] : files.items()) {
      if (body.is_null()) continue;  // taken away by a fragment
      if (path.ends_with(".ndjson")) {
        if (!body.is_array()) place.fail("`" + path + "` is not a list of envelopes");
        for (const Json& line : body) out[path] += line.dump() + "\n";
      } else {
        out[path] = body.dump();
      }
    }
    Json records = Json::array({image});
    records.insert(records.end(), others.begin(), others.end());
    const std::size_t count = total.is_null() ? records.size() : total.get<std::size_t>();
    const std::string start = std::string("appstream/") + kList;
    out[start + ".p1.json"] = Json{{"Code", "200"}, {"Count", count}, {"Data", records}}.dump();
    if (!twin.is_null()) {
      Json second = image;
      second.merge_patch(twin);
      out[start + ".p2.json"] = Json{{"Code", "200"}, {"Count", count}, {"Data", {second}}}.dump();
    }
    return out;
  }
};

Ask read_ask(const Place& place, const Json& json) {
  place.check_keys(json, {"principal", "image", "now", "context", "no_context", "strict"}, 3);
  Ask ask;
  ask.principal = place.text(json, "principal");
  ask.image = place.text(json, "image");
  ask.now = place.text(json, "now");
  const Json context = json.value("context", Json::object());
  if (!context.is_object()) place.fail("`context` is not an object");
  for (const auto& [key, values] : context.items()) ask.context[key] = place.texts(context, key);
  if (json.contains("no_context")) ask.no_context = place.texts(json, "no_context");
  if (json.contains("strict")) {
    if (!json["strict"].is_boolean()) place.fail("`strict` is not a boolean");
    ask.strict = json["strict"];
  }
  return ask;
}

Want read_want(const Place& place, const Json& json) {
  place.check_keys(json, {"outcome", "code", "possible_codes", "violations", "unknowns", "permission", "record"}, 7);
  Want want;
  want.outcome = place.text(json, "outcome");
  if (want.outcome != "allow" && want.outcome != "deny" && want.outcome != "indeterminate") {
    place.fail("outcome `" + want.outcome + "`, expected `allow`, `deny` or `indeterminate`");
  }
  if (json["code"].is_null() != (want.outcome == "indeterminate"))
    place.fail("`code` is null exactly if the outcome is indeterminate");
  if (!json["code"].is_null()) want.code = place.text(json, "code");
  want.possible_codes = place.texts(json, "possible_codes");
  want.violations = place.texts(json, "violations");
  want.unknowns = place.texts(json, "unknowns");
  want.permission = place.text(json, "permission");
  const Place record = place.in("record");
  record.check_keys(json["record"],
                    {"outcome", "code", "possible_codes", "permission", "principal", "account", "image", "decided_at",
                     "verb", "operation"},
                    10);
  for (const auto& [key, value] : json["record"].items()) want.record[key] = record.text(json["record"], key);
  return want;
}

}  // namespace

Fragments read_fragments(const std::string& file, const std::string& text) {
  const Json json = parse(file, text, "fragments");
  if (!json["fragments"].is_object()) Place(file, "top").fail("`fragments` is not an object");
  Fragments fragments;
  for (const auto& [name, fragment] : json["fragments"].items()) {
    check_fragment({file, "fragment `" + name + "`"}, fragment);
    fragments[name] = fragment;
  }
  if (fragments.count("base") == 0) Place(file, "top").fail("no fragment `base`");
  return fragments;
}

std::vector<Case> read_cases(const std::string& file, const std::string& text, const Fragments& fragments) {
  const Json json = parse(file, text, "cases");
  if (!json["cases"].is_array() || json["cases"].empty()) Place(file, "top").fail("`cases` is not a list of cases");
  std::vector<Case> out;
  std::set<std::string> names;
  for (const Json& given : json["cases"]) {
    const Place number(file, "case " + std::to_string(out.size()));
    number.check_keys(given, {"name", "want", "use", "edit", "why"}, 2);
    Case one;
    one.name = number.text(given, "name");
    const Place place(file, "case `" + one.name + "`");
    if (!names.insert(one.name).second) place.fail("a second case of this name");
    World world;
    world.apply(fragments.at("base"));
    if (given.contains("use")) {
      for (const std::string& name : place.texts(given, "use")) {
        const auto fragment = fragments.find(name);
        if (fragment == fragments.end()) place.fail("no fragment `" + name + "`");
        world.apply(fragment->second);
      }
    }
    if (given.contains("edit")) {
      check_fragment(place.in("edit"), given["edit"]);
      world.apply(given["edit"]);
    }
    one.files = world.rendered(place);
    one.ask = read_ask(place.in("ask"), world.ask);
    one.want = read_want(place.in("want"), given["want"]);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace cases
