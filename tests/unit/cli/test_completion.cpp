// Completions and manual pages come from the tables of `--help`: nothing is missing, and nothing acts.

#include <catch2/catch.hpp>

#include "cli/completion.h"
#include "tests/unit/cli/support.h"

using namespace imagewarden;
using namespace imagewarden::cli;
using namespace imagewarden::cli::test;

TEST_CASE("every verb and every option is completed", "[cli][completion]") {
  const Shell shell = GENERATE(Shell::kBash, Shell::kZsh, Shell::kFish);
  const std::string script = completion_script(shell);
  for (const Verb& verb : verbs()) {
    CAPTURE(verb.name);
    CHECK(script.find('\'' + std::string(verb.name) + '\'') != std::string::npos);
  }
  for (const OptionInfo& option : option_infos()) {
    CAPTURE(option.name);
    const std::string name = (shell == Shell::kFish ? " -l " : "--") + std::string(option.name);
    CHECK(script.find(name) != std::string::npos);
  }
}

TEST_CASE("every word that an option offers is one that it takes, and no other", "[cli][completion]") {
  for (const Verb& verb : verbs()) {
    for (const OptionInfo& option : option_infos()) {
      const auto choices = option_choices(option.name, &verb);
      if (choices.empty() || !takes_option(&verb, option)) continue;
      std::vector<std::string> line;
      for (std::string_view rest = verb.name; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        line.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      line.push_back("--" + std::string(option.name));
      CAPTURE(verb.name, option.name);
      for (const std::string_view choice : choices) {
        line.emplace_back(choice);
        CHECK(parse_options(line));
        line.pop_back();
      }
      line.emplace_back("no-such-word");
      const auto refused = parse_options(line);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().message.find("expected one of") != std::string::npos);
    }
  }
}

TEST_CASE("a manual page holds what the help holds", "[cli][man]") {
  for (const Verb& verb : verbs()) {
    CAPTURE(verb.name);
    const std::string page = man_page(&verb);
    CHECK(page.starts_with(".TH IMAGEWARDEN\\-"));
    for (const OptionInfo& option : option_infos()) {
      std::string name = "\\-\\-";
      for (const char c : option.name) name += c == '-' ? std::string("\\-") : std::string(1, c);
      CHECK((page.find("\\fB" + name + "\\fR") != std::string::npos) == takes_option(&verb, option));
    }
    // Nothing of a help text is taken for a request or a character outside of ASCII.
    for (const char c : page) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
  }
  CHECK(man_page_name(find_verb("audit list")) == "imagewarden-audit-list");
  CHECK(man_page(nullptr).find("imagewarden\\-audit\\-list") != std::string::npos);
}

TEST_CASE("completion and man say what they need", "[cli][completion][man]") {
  MemoryEnvironment memory;
  CHECK(memory.run({"completion"}) == kExitFailed);
  CHECK(memory.run({"completion", "csh"}) == kExitFailed);
  CHECK(memory.run({"man", "audit"}) == kExitFailed);
  CHECK(memory.err ==
        "imagewarden: `completion` needs one shell: bash, zsh or fish\n"
        "imagewarden: `completion`: `csh`, expected one of bash, zsh, fish\n"
        "imagewarden: `man`: no verb `audit`; `imagewarden --help` lists the verbs\n");
  Folder folder;
  CHECK(memory.run({"man", "--output", folder.at(".")}) == kExitAllowed);
  CHECK(folder.count() == verbs().size() + 1);
  CHECK(read_file(folder.at("imagewarden-audit-list.1")) == man_page(find_verb("audit list")));
  CHECK(memory.run({"man", "check", "--output", folder.at(".")}) == kExitFailed);
}
