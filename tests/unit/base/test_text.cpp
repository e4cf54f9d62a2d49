// Wildcards, suggestions, interned strings, JSON writing, digests.

#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/base/glob.h"
#include "engine/base/intern.h"
#include "engine/base/json_plain.h"
#include "engine/base/json_writer.h"
#include "engine/base/sha256.h"
#include "engine/base/suggest.h"

namespace imagewarden {
namespace {

static_assert(!std::is_convertible_v<StringId, Id<struct OtherTag>>);
static_assert(!std::is_copy_constructible_v<Interner>);

TEST_CASE("glob patterns", "[base][glob][table]") {
  struct Row {
    const char* pattern;
    const char* text;
    bool want;
  };
  const auto row = GENERATE(values<Row>({
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"**", "", true},
      {"*", "a/b:c", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "\xe2\x82\xac", true},  // one character of three bytes
      {"??", "\xe2\x82\xac", false},
      {"*?", "\xe2\x82\xac", true},
      {"?*", "\xe2\x82\xac", true},
      {"a?c",
       "a\xc3\xa9"
       "c",
       true},
      {"*?c",
       "a\xc3\xa9"
       "c",
       true},
      {"abc", "abc", true},
      {"abc", "ABC", false},
      {"abc", "abcd", false},
      {"a*", "abc", true},
      {"*c", "abc", true},
      {"a*c", "ac", true},
      {"a*c", "a", false},
      {"ab*ba", "aba", false},  // head and tail must not share bytes
      {"ab*ba", "abba", true},
      {"*ab*ab*", "abab", true},
      {"*ab*ab*", "aba", false},
      {"a*b?d*e", "axxbcdyye", true},
      {"*b?d", "bxdbyd", true},
      {"*a?b*a?b", "axbayb", true},
      {"*a?b*a?b", "axbyb", false},
      {"appstreaming:*List*", "appstreaming:PageListX", true},
      {"\\*", "*", false},  // there is no escape
      {"\\*", "\\x", true},
      {"[a]", "a", false},
  }));
  CAPTURE(row.pattern, row.text);
  CHECK(glob_matches(row.pattern, row.text) == row.want);
}

// The definition, spelled out: slow and obvious. ASCII only.
bool naive_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (naive_glob(pattern.substr(1), text.substr(skip))) return true;
    }
    return false;
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         naive_glob(pattern.substr(1), text.substr(1));
}

TEST_CASE("every short glob pattern agrees with the definition", "[base][glob][property]") {
  const auto words = [](std::string_view alphabet, std::size_t length_max) {
    std::vector<std::string> all{""};
    for (std::size_t begin = 0, length = 1; length <= length_max; ++length) {
      const std::size_t end = all.size();
      for (; begin < end; ++begin) {
        for (const char c : alphabet) all.push_back(all[begin] + c);
      }
    }
    return all;
  };
  const std::vector<std::string> texts = words("ab", 6);
  for (const std::string& pattern : words("ab?*", 5)) {
    for (const std::string& text : texts) {
      if (glob_matches(pattern, text) != naive_glob(pattern, text)) {
        FAIL("pattern " << pattern << " text " << text);
      }
    }
  }
  SUCCEED();
}

TEST_CASE("many stars take no exponential time", "[base][glob]") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(glob_matches(pattern + "*b", std::string(20'000, 'a')));
  CHECK(glob_matches(pattern + "*", std::string(20'000, 'a')));
}

TEST_CASE("case", "[base][glob]") {
  CHECK(to_lower("aZ-09\xc3\x89[`{") == "az-09\xc3\x89[`{");
  CHECK(equals_ignore_case("Acs:SourceIP", "acs:sourceip"));
  CHECK_FALSE(equals_ignore_case("a", "ab"));
  CHECK_FALSE(equals_ignore_case("[", "{"));  // 0x20 apart, but no letters
  CHECK(has_wildcard("a*"));
  CHECK(has_wildcard("?"));
  CHECK_FALSE(has_wildcard("[a]"));
}

TEST_CASE("the nearest name", "[base][suggest][table]") {
  const std::vector<std::string_view> names{"StringEquals", "StringLike",    "NumericEquals",     "Bool",
                                            "image:Status", "image:Regions", "image:RegionStatus"};
  struct Row {
    const char* why;
    std::string wanted;
    std::optional<std::string_view> want;
  };
  const std::vector<Row> rows{
      {"itself", "Bool", "Bool"},
      {"another case", "stringequals", "StringEquals"},
      {"a letter more", "StringEqualss", "StringEquals"},
      {"a letter less", "StringEqual", "StringEquals"},
      {"a wrong letter", "image:Statuz", "image:Status"},
      {"two letters swapped", "Boll", "Bool"},
      {"neighbours swapped count one", "iamge:Status", "image:Status"},
      {"too far", "Frobnicate", std::nullopt},
      {"a third is the limit", "abStringLike", "StringLike"},
      {"empty", "", std::nullopt},
      {"too long", std::string(129, 'a'), std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(nearest_name(row.wanted, names) == row.want);
  }
  CHECK(nearest_name("a", {}) == std::nullopt);
  // The first of several that are equally near.
  const std::vector<std::string_view> twins{"cats", "bats"};
  CHECK(nearest_name("rats", twins) == "cats");
  const std::vector<std::string_view> endless{std::string_view{}};
  CHECK(nearest_name("a", endless) == std::nullopt);
}

TEST_CASE("interned strings", "[base][intern]") {
  Interner strings;
  CHECK(strings.intern("") == StringId{});
  CHECK(strings.text(StringId{}).empty());
  CHECK(strings.find("") == StringId{});
  CHECK(strings.find("x") == Interner::kNone);
  const StringId x = strings.intern("x");
  CHECK(x != StringId{});
  CHECK(strings.intern("x") == x);
  CHECK(strings.find("x") == x);
  const std::string_view early = strings.text(x);
  const std::string nul("a\0b", 3);
  CHECK(strings.intern(nul) != strings.intern("a"));
  CHECK(strings.text(strings.find(nul)) == nul);

  std::vector<StringId> ids;
  for (int i = 0; i < 20'000; ++i) ids.push_back(strings.intern("img-" + std::to_string(i)));
  const StringId large = strings.intern(std::string(1'000'000, 'y'));
  CHECK(strings.size() == 20'000 + 5);
  CHECK(strings.memory_bytes() > 1'000'000);
  const Interner moved = std::move(strings);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = "img-" + std::to_string(i);
    if (moved.text(ids[static_cast<std::size_t>(i)]) != text || moved.find(text) != ids[static_cast<std::size_t>(i)]) {
      FAIL(text);
    }
  }
  CHECK(moved.text(large).size() == 1'000'000);
  // Text that was handed out stays where it was, through growth and the move.
  CHECK(early == "x");
  CHECK(early.data() == moved.text(x).data());
}

TEST_CASE("hash_bytes depends on every byte and on the length", "[base][intern]") {
  const std::string zeros(40, '\0');
  std::vector<std::uint64_t> seen;
  for (std::size_t length = 0; length <= zeros.size(); ++length) {
    seen.push_back(hash_bytes(std::string_view(zeros).substr(0, length)));
    for (std::size_t at = 0; at < length; ++at) {
      std::string changed = zeros.substr(0, length);
      changed[at] = 1;
      seen.push_back(hash_bytes(changed));
    }
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(hash_bytes(std::string_view{}) == hash_bytes(""));
}

TEST_CASE("hash_bytes tells a byte from a longer text, and no word wipes out the others", "[base][intern]") {
  const std::string eight = "img-0001";
  CHECK(hash_bytes(eight + '\x03') != hash_bytes(eight + std::string(2, '\0')));
  // The word that the hash folds with: a product with it is zero.
  const std::string neutral = "\xdb\x28\xb4\xa0\xd1\x7e\x03\xe7";
  CHECK(hash_bytes(neutral + "a") != hash_bytes(neutral + "b"));
  CHECK(hash_bytes(neutral + std::string(20, 'a')) != hash_bytes(neutral + std::string(19, 'a') + 'b'));
}

TEST_CASE("hash_bytes is the same on every machine", "[base][intern][table]") {
  struct Row {
    std::size_t length;
    std::uint64_t want;
  };
  const auto row = GENERATE(values<Row>({
      {0, 0x13925a6f41f9e5aaULL},
      {3, 0xc37545e41cd488a6ULL},
      {7, 0xd5a1639ebd1edadbULL},
      {8, 0xde53311bd0443e75ULL},
      {16, 0xb428d57f8fcba0c0ULL},
      {17, 0xea34021968abaa9cULL},
      {40, 0x1a1b87c568fb7246ULL},
  }));
  std::string text;
  for (std::size_t i = 0; i < row.length; ++i) text += static_cast<char>(i * 37 + 200);
  CAPTURE(row.length);
  CHECK(hash_bytes(text) == row.want);
}

TEST_CASE("JSON strings are escaped as RFC 8785 says", "[base][json_writer][table]") {
  struct Row {
    std::string text;
    std::string want;
  };
  const std::vector<Row> rows{
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a\"b\\c/", R"("a\"b\\c/")"},
      {"\b\t\n\f\r", R"("\b\t\n\f\r")"},
      {std::string("\0\x01\x1f\x7f", 4), "\"\\u0000\\u0001\\u001f\x7f\""},
      {"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\""},
  };
  for (const Row& row : rows) {
    std::string out = "x";
    append_json_string(out, row.text);
    CHECK(out == "x" + row.want);
    CHECK(nlohmann::json::parse(row.want).get<std::string>() == row.text);
  }
}

TEST_CASE("what needs no escape is found at any place of a text of any length", "[base][json_writer]") {
  const auto is_plain = [](char c, bool ascii) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != '"' && byte != '\\' && !(ascii && byte >= 0x80);
  };
  for (std::size_t length = 0; length <= 27; ++length) {
    for (std::size_t at = 0; at <= length; ++at) {
      for (std::size_t place = at; place <= length; ++place) {
        for (const char special : {'"', '\\', '\x1f', '\0', '\x80', '\xff', ' ', '!', '~'}) {
          std::string text(length, 'x');
          if (place < length) text[place] = special;
          if (at > 0) text[at - 1] = '"';  // what stands before does not count
          std::size_t all = at;
          while (all < length && is_plain(text[all], false)) ++all;
          std::size_t ascii = at;
          while (ascii < length && is_plain(text[ascii], true)) ++ascii;
          // Nothing beyond the text is read: a view of its beginning ends there.
          const std::string longer = text + '"';
          const std::string_view view = std::string_view(longer).substr(0, length);
          if (plain_json_length<PlainJson::kAll>(view, at) != all - at ||
              plain_json_length<PlainJson::kAscii>(view, at) != ascii - at) {
            FAIL("length " << length << ", from " << at << ", special byte at " << place);
          }
        }
      }
    }
  }
}

TEST_CASE("a member is its key and its string", "[base][json_writer]") {
  for (const std::string value : {"", "plain", "qu\"ote", "\x01", "\xc3\xa4"}) {
    const std::string name = "name";
    std::string together;
    std::string apart;
    JsonWriter one(together);
    JsonWriter two(apart);
    one.begin_object().member("name", value).member(name, value).key("name").string(value).end_object();
    two.begin_object().key(name).string(value).key(name).string(value).key(name).string(value).end_object();
    CHECK(together == apart);
  }
}

TEST_CASE("documents are written without white space", "[base][json_writer]") {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("a", "1").key("b").begin_array();
  json.integer(-9223372036854775807 - 1).integer(0).boolean(true).boolean(false).null().string("x");
  json.begin_object().end_object().begin_array().end_array().raw(R"({"r":1})").end_array();
  json.key(std::string("c\n")).begin_object().key("d").null().end_object().member("e", "").end_object();
  CHECK(out == R"({"a":"1","b":[-9223372036854775808,0,true,false,null,"x",{},[],{"r":1}],"c\n":{"d":null},"e":""})");
  CHECK(nlohmann::json::accept(out));
}

TEST_CASE("SHA-256 of known messages", "[base][sha256]") {
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  CHECK(hash.finish() == sha256("abc"));
  CHECK(hash.finish() == sha256(""));  // ready for the next message
}

}  // namespace
}  // namespace imagewarden
