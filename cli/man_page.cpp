// `man`: the manual pages, from the tables of `--help`.

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/completion.h"
#include "cli/journal.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "cli/version.h"

namespace imagewarden::cli {
namespace {

// Text of a page: nothing in it is a request, and a hyphen stays one that can be copied.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += fmt::format("\\&{}", c);
    } else {
      out += c;
    }
  }
  return out;
}

void append_options(std::string& page, const Verb* verb, std::string_view title, bool global) {
  bool titled = false;
  for (const OptionInfo& option : option_infos()) {
    if (option.global != global || !takes_option(verb, option)) continue;
    if (!titled) page += fmt::format(".SH {}\n", title);
    titled = true;
    page += fmt::format(".TP\n\\fB{}\\fR", plain(fmt::format("--{}", option.name)));
    if (!option.value.empty()) page += fmt::format(" \\fI{}\\fR", plain(option.value));
    page += fmt::format("\n{}\n", plain(option_help(option, verb)));
  }
}

}  // namespace

std::string man_page_name(const Verb* verb) {
  if (verb == nullptr) return "imagewarden";
  std::string name = fmt::format("imagewarden-{}", verb->name);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const Verb* verb) {
  const std::string name = man_page_name(verb);
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const std::string_view summary =
      verb != nullptr ? verb->summary : std::string_view("would DeleteImage succeed, answered before the call");
  // No date: the same version gives the same bytes.
  std::string page = fmt::format(".TH {} 1 \"\" \"{}\" \"User Commands\"\n", plain(title), plain(engine_version()));
  page += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", plain(name), plain(summary));
  if (verb != nullptr) {
    page += fmt::format("\\fBimagewarden {}\\fR", plain(verb->name));
    if (!verb->arguments.empty()) page += fmt::format(" \\fI{}\\fR", plain(verb->arguments));
    page += " [\\fIOPTION\\fR...]\n";
  } else {
    page += "\\fBimagewarden\\fR [\\fIOPTION\\fR...] \\fIVERB\\fR ...\n";
    page += ".SH DESCRIPTION\n";
    page += plain(
        "Answers before the call whether App Streaming's DeleteImage would succeed, for an image, a caller and an "
        "exported inventory, and keeps every answer in an audit log.\n");
    page += ".SH VERBS\n";
    for (const Verb& each : verbs()) {
      page += fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", plain(man_page_name(&each)), plain(each.summary));
    }
  }
  if (verb != nullptr) append_options(page, verb, "OPTIONS", false);
  append_options(page, verb, verb != nullptr ? "GLOBAL OPTIONS" : "OPTIONS", true);
  page += fmt::format(".SH EXAMPLES\n.nf\n{}\n.fi\n", plain(example_of(verb)));
  page +=
      ".SH EXIT STATUS\n"
      ".TP\n0\nall allowed, or passed\n"
      ".TP\n1\nat least one denied, failed or found\n"
      ".TP\n2\nthe command could not be carried out; nothing was decided, but what stood before a fault in a list that "
      "is\n"
      "answered while it is read\n"
      ".TP\n3\nnothing denied, but at least one indeterminate, or not all is there that the answer takes: lists of "
      "images for\n"
      "\\-\\-all, what a replay or a comparison needs\n";
  if (verb == nullptr) {
    page += ".SH ENVIRONMENT\n";
    for (const std::string_view option : default_options()) {
      std::string variable = "IMAGEWARDEN_";
      for (const char c : option) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
      page += fmt::format(".TP\n\\fB{}\\fR\nthe default of {}\n", variable, plain(fmt::format("--{}", option)));
    }
    page +=
        ".TP\n\\fBIMAGEWARDEN_CONFIG\\fR\na configuration file that is read instead of those below\n"
        ".TP\n\\fBNO_COLOR\\fR\nno colour, unless \\-\\-color asks for it\n"
        ".SH FILES\n"
        ".TP\n\\fI./imagewarden.toml\\fR\ndefaults of this folder\n"
        ".TP\n\\fI~/.config/imagewarden/imagewarden.toml\\fR\ndefaults of the user\n";
  }
  if (verb != nullptr) page += fmt::format(".SH SEE ALSO\n\\fB{}\\fR(1)\n", plain(man_page_name(nullptr)));
  return page;
}

int run_man(const Options& options, Environment& environment) {
  std::error_code ignored;
  if (!options.output.empty() && std::filesystem::is_directory(options.output, ignored)) {
    if (!options.arguments.empty()) {
      return complain(environment,
                      {Errc::kUsage, fmt::format("`man`: the folder `{}` takes the pages of all verbs; name "
                                                 "a file for that of one",
                                                 options.output)});
    }
    std::vector<const Verb*> pages{nullptr};
    for (const Verb& verb : verbs()) pages.push_back(&verb);
    std::vector<Sink> sinks;
    for (const Verb* page : pages) {
      auto sink =
          Sink::open((std::filesystem::path(options.output) / (man_page_name(page) + ".1")).string(), environment);
      if (!sink) return complain(environment, sink.error());
      sinks.push_back(std::move(*sink));
      sinks.back().write(man_page(page));
    }
    const auto finished = Sink::finish_all(sinks);
    return finished ? kExitAllowed : complain(environment, finished.error());
  }
  if (options.arguments.empty()) return print_result(options, environment, man_page(nullptr), kExitAllowed);
  const std::string name = fmt::format("{}", fmt::join(options.arguments, " "));
  const Verb* verb = find_verb(name);
  if (verb == nullptr) {
    return complain(environment,
                    {Errc::kUsage, fmt::format("`man`: no verb `{}`; `imagewarden --help` lists the verbs", name)});
  }
  return print_result(options, environment, man_page(verb), kExitAllowed);
}

}  // namespace imagewarden::cli
