#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "engine/condition/readings.h"

using namespace imagewarden;

TEST_CASE("the table has every reading once, in order, with an explanation", "[readings]") {
  const auto table = reading_table();
  REQUIRE(table.size() == static_cast<std::size_t>(Reading::kCount));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAPTURE(table[i].name);
    CHECK(static_cast<std::size_t>(table[i].reading) == i);
    CHECK(table[i].choices.size() >= 2);
    CHECK(table[i].explanation.size() > 40);
    CHECK(names.insert(table[i].name).second);
    CHECK(std::set<std::string_view>(table[i].choices.begin(), table[i].choices.end()).size() ==
          table[i].choices.size());
  }
}

TEST_CASE("every choice can be set by name", "[readings]") {
  for (const ReadingInfo& info : reading_table()) {
    Readings readings;
    CHECK(readings.is_default(info.reading));
    CHECK(readings.choice_name(info.reading) == info.choices.front());
    for (std::size_t choice = 0; choice < info.choices.size(); ++choice) {
      REQUIRE(readings.set(info.name, info.choices[choice]));
      CHECK(readings.choice(info.reading) == choice);
      CHECK(readings.choice_name(info.reading) == info.choices[choice]);
      CHECK(readings.is_default(info.reading) == (choice == 0));
    }
  }
}

TEST_CASE("an unknown name or choice is refused and lists the known ones", "[readings]") {
  Readings readings;
  const auto name = readings.set("resource-cases", "sensitive");
  REQUIRE_FALSE(name);
  CHECK(name.error().code == Errc::kNotFound);
  CHECK(name.error().message.find("`resource-case`") != std::string::npos);
  const auto choice = readings.set("resource-case", "Sensitive");
  REQUIRE_FALSE(choice);
  CHECK(choice.error().code == Errc::kNotFound);
  CHECK(choice.error().message.find("`insensitive`") != std::string::npos);
  CHECK(readings == Readings{});
}
