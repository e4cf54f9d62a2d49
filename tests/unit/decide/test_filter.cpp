// Filters of a plan: what they pick, what they leave open, and what is said of one that does not parse.

#include "engine/base/limits.h"
#include "engine/decide/filter.h"

#include "tests/unit/decide/support.h"

using namespace imagewarden;
using namespace imagewarden::test;

namespace {

// By the number of each image of world(): `+` picked, `-` not, `?` too little is known.
std::string picked(const Snapshot& snapshot, std::string_view text) {
  const auto filter = ImageFilter::parse(text);
  INFO((filter ? std::string{} : filter.error().message));
  REQUIRE(filter.has_value());
  std::string out;
  for (const Tri value : filter->evaluate(snapshot, AccountId{0}, *parse_rfc3339("2026-11-24T08:00:00Z")))
    out += value == Tri::kTrue ? '+' : value == Tri::kFalse ? '-' : '?';
  return out;
}

// 0: old, plain. 1: young, kept. 2: in use by a delivery group. 3: shared, large, another name. 4: no time, no size.
Snapshot snapshot() {
  World world;
  world.images({
      image("img-0", "CloudApp", R"(,"GmtCreate":"2026-01-01T00:00:00Z","SystemDiskSize":40)"),
      image("img-1", "CloudApp",
            R"(,"GmtCreate":"2026-11-20T00:00:00Z","SystemDiskSize":60,"TagList":[{"Key":"keep","Value":"yes"}])"),
      image("img-2", "CloudApp", R"(,"GmtCreate":"2026-01-01T00:00:00Z","SystemDiskSize":40)"),
      R"({"ImageId":"img-3","ImageName":"it's <b>","AliUid":1000000000000001,"ImageType":"User","Status":"AVAILABLE",
          "ProductType":"CloudDesktop","ImageRegionList":["cn-b"],"GmtCreate":"2026-02-01T00:00:00Z","SystemDiskSize":120,
          "TagList":[{"Key":"team","Value":"a, b"}]})",
      image("img-4"),
  });
  world.permission("img-3", "5005");
  for (const std::string id : {"img-0", "img-1", "img-2", "img-4"}) world.permission(id, "");
  world.list("ListAppInstanceGroup.json", "AppInstanceGroupModels",
             {R"({"AppInstanceGroupId":"aig-1","AppCenterImageId":"img-2"})"});
  return world.read();
}

}  // namespace

TEST_CASE("filters pick by facts", "[filter][table]") {
  struct Row {
    const char* why;
    const char* text;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"a number; without one it is open", "age > 90d", "+-++?"},
      {"weeks", "age <= 12w", "-+--?"},
      {"size, with its unit", "size >= 60GiB", "-+-+?"},
      {"a date is the beginning of its day", "created < 2026-02-01", "+-+-?"},
      {"text", "product = CloudDesktop", "---+-"},
      {"not equal is what is not equal", "product != CloudDesktop", "+++-+"},
      {"one of a list", "id in (img-0, img-3)", "+--+-"},
      {"a pattern", "id ~ 'img-[*'", "-----"},
      {"a pattern with a wildcard", "id ~ img-*", "+++++"},
      {"not like", "id !~ *3", "+++-+"},
      {"a quote is doubled inside", "name = 'it''s <b>'", "---+-"},
      {"a list of texts: one is enough", "region = cn-b", "---+-"},
      {"a tag that is there", "tag keep", "-+---"},
      {"a tag with a value", "tag keep = yes", "-+---"},
      {"a comma in quotes", "tag team = \"a, b\"", "---+-"},
      {"a tag that is not there is not equal", "tag keep != yes", "+-+++"},
      {"nothing uses it", "unused", "++-++"},
      {"something does", "used", "--+--"},
      {"shared with others", "shared", "---+-"},
      {"the account's own", "owned", "+++++"},
      {"the key of a fact", "image:BizType = 1", "-----"},
      {"the whole", "age > 90d and not tag keep and unused", "+--+?"},
      {"and binds closer than or", "tag keep or age > 90d and unused", "++-+?"},
      {"brackets bind closest", "(tag keep or age > 90d) and used", "--+--"},
      {"not binds closer than and", "not tag keep and used", "--+--"},
      {"not of a bracket", "not (tag keep or used)", "+--++"},
      {"not of what is open is open", "not age > 90d", "-+--?"},
      {"open or true is true", "age > 90d or unused", "+++++"},
      {"twice not", "not not used", "--+--"},
  }));
  CAPTURE(row.why, row.text);
  CHECK(picked(snapshot(), row.text) == row.want);
}

TEST_CASE("filters: what an export cannot say is not taken as unused", "[filter]") {
  World world;
  world.images({image("img-0"), image("img-1", "CloudDesktop"), image("img-2", "")});
  world.erase("ListAppInstanceGroup.json");
  CHECK(picked(world.read(), "unused") == "?+?");
}

TEST_CASE("filters that do not parse name the place and what was expected", "[filter][table]") {
  struct Row {
    const char* text;
    const char* want;
  };
  const auto row = GENERATE(values<Row>({
      {"", "column 1: found the end, expected a test: `unused`, `age > 90d`, `tag KEY`, …"},
      {"agee > 90d", "column 1: found `agee`, expected a test, did you mean `age`?"},
      {"age > 90x", "column 7: found `90x`, expected a number of days or weeks as 90d or 12w"},
      {"age > -1d", "column 7: found `-1d`, expected a number of days or weeks as 90d or 12w"},
      {"age ~ 90d", "column 5: found `~`, expected an operator: = != < <= > >= or `in`"},
      {"name > x", "column 6: found `>`, expected an operator: = != ~ !~ or `in`"},
      {"age > ", "column 7: found the end, expected a value"},
      {"age", "column 4: found the end, expected an operator: = != < <= > >= or `in`"},
      {"size > big", "column 8: found `big`, expected a number"},
      {"created < yesterday", "column 11: found `yesterday`, expected a time as 2026-11-24 or 2026-11-24T08:00:00Z"},
      {"image:OwnedByAccount = yes", "column 24: found `yes`, expected true or false"},
      {"unused unused", "column 8: found `unused`, expected `and`, `or` or the end"},
      {"(unused", "column 8: found the end, expected `)` for the `(` of column 1"},
      {"unused)", "column 7: found `)`, expected `and`, `or` or the end, as no `(` is open"},
      {"unused and", "column 11: found the end, expected a test: `unused`, `age > 90d`, `tag KEY`, …"},
      {"name = 'x", "column 8: the quote is not closed, expected `'`"},
      {"tag", "column 4: found the end, expected the key of a tag"},
      {"id in img-1", "column 7: found `img-1`, expected `(`"},
      {"id in (img-1 img-2)", "column 14: found `img-2`, expected `,` or `)`"},
      {"caller:Allowed = true",
       "column 1: found `caller:Allowed`, expected a test: tag, unused, used, shared, owned, id, name, type, status, "
       "product, owner, region, size, age, created, or the key of a fact as image:BizType"},
      {"\x1b[2J\u202e",
       "column 1: found `\\u{1b}[2J\\u{202e}`, expected a test: tag, unused, used, shared, owned, id, "
       "name, type, status, product, owner, region, size, age, created, or the key of a fact as "
       "image:BizType"},
  }));
  CAPTURE(row.text);
  const auto filter = ImageFilter::parse(row.text);
  REQUIRE_FALSE(filter.has_value());
  CHECK(filter.error() == Error{Errc::kUsage, row.want});
}

TEST_CASE("filters have limits, and depth is none of them", "[filter]") {
  std::string deep(5000, '(');
  deep += "unused" + std::string(5000, ')');
  CHECK(ImageFilter::parse(deep).has_value());
  std::string wide = "unused";
  for (std::size_t i = 1; i < limits::kMaxFilterTests; ++i) wide += " or unused";
  CHECK(ImageFilter::parse(wide).has_value());
  CHECK(ImageFilter::parse(wide + " or unused").error().code == Errc::kLimit);
  CHECK(ImageFilter::parse("unused" + std::string(limits::kMaxFilterBytes - 6, ' ')).has_value());
  CHECK(ImageFilter::parse("unused" + std::string(limits::kMaxFilterBytes - 5, ' ')).error().code == Errc::kLimit);
  CHECK(ImageFilter::parse("name = '\xff'").error().message == "not UTF-8");
}
