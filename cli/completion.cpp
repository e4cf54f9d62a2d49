// `completion`: the scripts by which bash, zsh and fish complete the command line.

#include "cli/completion.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/session.h"
#include "cli/verbs.h"

namespace imagewarden::cli {
namespace {

using Words = std::vector<std::string_view>;

// What can follow an option or stand as an argument.
enum class Value : std::uint8_t { kNone, kFile, kChoice, kFree };

struct Completion {
  Value value{Value::kNone};
  Words choices;
};

bool names_a_file(std::string_view placeholder) {
  constexpr std::string_view kFiles[] = {"FILE", "PATH", "FOLDER", "OLD"};
  return std::any_of(std::begin(kFiles), std::end(kFiles),
                     [&](std::string_view word) { return placeholder.find(word) != std::string_view::npos; });
}

Completion value_of(const OptionInfo& option, const Verb* verb) {
  if (option.value.empty()) return {};
  Words choices = option_choices(option.name, verb);
  if (!choices.empty()) return {Value::kChoice, std::move(choices)};
  return {names_a_file(option.value) ? Value::kFile : Value::kFree, {}};
}

// The words that can follow what was typed: "" -> check, audit, …; "audit" -> list, show, …
struct Step {
  std::string_view word;
  std::string_view help;
};
std::map<std::string_view, std::vector<Step>> steps() {
  std::map<std::string_view, std::vector<Step>> all;
  for (const Verb& verb : verbs()) {
    const std::size_t space = verb.name.find(' ');
    if (space == std::string_view::npos) {
      all[""].push_back({verb.name, verb.summary});
      continue;
    }
    const std::string_view family = verb.name.substr(0, space);
    if (all[family].empty()) all[""].push_back({family, "more verbs"});
    all[family].push_back({verb.name.substr(space + 1), verb.summary});
  }
  return all;
}

Completion arguments_of(const Verb& verb) {
  if (verb.arguments.empty()) return {};
  if (names_a_file(verb.arguments)) return {Value::kFile, {}};
  // `bash|zsh|fish`: the words in lower case are words to type.
  Words choices;
  std::string_view rest = verb.arguments;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos) choices.push_back(word);
  }
  if (verb.arguments.find("VERB") != std::string_view::npos) {
    for (const auto& [typed, next] : steps()) {
      for (const Step& step : next) choices.push_back(step.word);
    }
  }
  if (choices.empty()) return {Value::kFree, {}};
  return {Value::kChoice, std::move(choices)};
}

Words families() {
  Words names;
  for (const auto& [family, words] : steps()) {
    if (!family.empty()) names.push_back(family);
  }
  return names;
}

// `--inventory|--rules`: the options whose value is the next word.
std::string options_with_value(std::string_view separator) {
  std::string text;
  for (const OptionInfo& option : option_infos()) {
    if (option.value.empty()) continue;
    text += fmt::format("{}--{}", text.empty() ? std::string_view{} : separator, option.name);
  }
  return text;
}

// One word in single quotes. `quote`: how the shell writes a quote inside of them.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += quote;
    } else {
      word += c;
    }
  }
  return word + '\'';
}

std::string in_single_quotes(std::string_view text) { return quoted(text, "'\\''"); }

// `--format` knows other words at another verb, so that the case names both: `'audit export --format'`.
struct ValueCase {
  std::string pattern;
  Completion completion;
};
std::vector<ValueCase> value_cases() {
  std::vector<ValueCase> cases;
  for (const Verb& verb : verbs()) {
    for (const OptionInfo& option : option_infos()) {
      if (option.name == "format") {
        cases.push_back({fmt::format("'{} --format'", verb.name), value_of(option, &verb)});
      }
    }
  }
  for (const OptionInfo& option : option_infos()) {
    if (!option.value.empty()) cases.push_back({fmt::format("*' --{}'", option.name), value_of(option, nullptr)});
  }
  return cases;
}

std::string options_of(const Verb* verb, std::string_view separator) {
  std::string text;
  for (const OptionInfo& option : option_infos()) {
    if (takes_option(verb, option)) {
      text += fmt::format("{}--{}", text.empty() ? std::string_view{} : separator, option.name);
    }
  }
  return text;
}

constexpr std::string_view kBashStart = R"sh(_imagewarden() {
  local cur=${COMP_WORDS[COMP_CWORD]} option= verb= i=1
  local -a plain=()
  COMPREPLY=()
  # What stands before the cursor: the verb's words, and an option that waits for its value. Bash makes words of its own
  # out of `--format=json`: the option, `=`, the value.
  while ((i < COMP_CWORD)); do
    option=
    case ${COMP_WORDS[i]} in
      @OPTIONS@)
        option=${COMP_WORDS[i]}
        ((i++))
        [[ $i -lt $COMP_CWORD && ${COMP_WORDS[i]} == = ]] && ((i++))
        ;;
      -*) ;;
      *) plain+=("${COMP_WORDS[i]}") ;;
    esac
    ((i++))
  done
  ((i > COMP_CWORD)) || option=
  [[ $cur == = ]] && cur=
  case ${plain[0]-} in
    @FAMILIES@) verb="${plain[0]}${plain[1]:+ ${plain[1]}}" ;;
    *) verb=${plain[0]-} ;;
  esac
)sh";

constexpr std::string_view kZshStart = R"sh(#compdef imagewarden
_imagewarden() {
  local option= verb= i=2
  local -a plain lines
  # What stands before the cursor: the verb's words, and an option that waits for its value.
  while (( i < CURRENT )); do
    option=
    case $words[i] in
      @OPTIONS@) option=$words[i]; (( i++ )) ;;
      -*) ;;
      *) plain+=("$words[i]") ;;
    esac
    (( i++ ))
  done
  (( i > CURRENT )) || option=
  if [[ $PREFIX == --*=* ]]; then
    option=${PREFIX%%=*}
    compset -P '*='
  fi
  case ${plain[1]-} in
    @FAMILIES@) verb="$plain[1]${plain[2]:+ $plain[2]}" ;;
    *) verb=${plain[1]-} ;;
  esac
)sh";

constexpr std::string_view kFishStart = R"sh(# The verb that was typed, of one or two words.
function __imagewarden_verb
    set -l words (commandline -opc)
    set -e words[1]
    set -l plain
    while test (count $words) -gt 0
        switch $words[1]
            case @OPTIONS@
                set -e words[1]
            case '-*'
            case '*'
                set -a plain $words[1]
        end
        set -e words[1]
    end
    switch "$plain[1]"
        case @FAMILIES@
            string join ' ' $plain[1..2]
        case '*'
            echo $plain[1]
    end
end
# Whether it is one of these.
function __imagewarden_is
    set -l verb (__imagewarden_verb)
    contains -- "$verb" $argv
end
complete -c imagewarden -f
)sh";

std::string filled(std::string_view start, std::string_view separator) {
  std::string text(start);
  const auto fill = [&](std::string_view mark, const std::string& with) {
    text.replace(text.find(mark), mark.size(), with);
  };
  fill("@OPTIONS@", options_with_value(separator));
  fill("@FAMILIES@", fmt::format("{}", fmt::join(families(), separator)));
  return text;
}

std::string bash_script() {
  std::string text = "# bash completion for imagewarden: source <(imagewarden completion bash)\n";
  text += filled(kBashStart, "|");
  text += "  if [[ -n $option ]]; then\n    case \"$verb $option\" in\n";
  const auto reply = [](const Completion& completion) -> std::string {
    switch (completion.value) {
      case Value::kFile:
        return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
      case Value::kChoice:
        return fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$cur\")", fmt::join(completion.choices, " "));
      case Value::kFree:
      case Value::kNone:
        break;
    }
    return ":";
  };
  for (const auto& [pattern, completion] : value_cases()) {
    text += fmt::format("      {}) {} ;;\n", pattern, reply(completion));
  }
  text += "    esac\n    return\n  fi\n  local words=\n  if [[ $cur == -* ]]; then\n    case $verb in\n";
  for (const Verb& verb : verbs())
    text += fmt::format("      '{}') words='{}' ;;\n", verb.name, options_of(&verb, " "));
  text += fmt::format("      *) words='{}' ;;\n    esac\n  else\n    case $verb in\n", options_of(nullptr, " "));
  for (const auto& [typed, next] : steps()) {
    Words words;
    for (const Step& step : next) words.push_back(step.word);
    text += fmt::format("      '{}') words='{}' ;;\n", typed, fmt::join(words, " "));
  }
  for (const Verb& verb : verbs()) {
    const Completion completion = arguments_of(verb);
    if (completion.value == Value::kNone || completion.value == Value::kFree) continue;
    text += fmt::format("      '{}') {}; return ;;\n", verb.name, reply(completion));
  }
  text +=
      "    esac\n  fi\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
      "complete -F _imagewarden imagewarden\n";
  return text;
}

std::string zsh_script() {
  std::string text = filled(kZshStart, "|");
  text += "  if [[ -n $option ]]; then\n    case \"$verb $option\" in\n";
  const auto reply = [](const Completion& completion, std::string_view placeholder) -> std::string {
    switch (completion.value) {
      case Value::kFile:
        return "_files";
      case Value::kChoice:
        return fmt::format("compadd -- {}", fmt::join(completion.choices, " "));
      case Value::kFree:
      case Value::kNone:
        break;
    }
    return fmt::format("_message {}", in_single_quotes(placeholder));
  };
  // `NAME:DESCRIPTION`, as _describe reads it.
  const auto line = [](std::string_view name, std::string_view help) {
    std::string words;
    for (const char c : help) words += c == ':' ? std::string("\\:") : std::string(1, c);
    return fmt::format("\n        {}", in_single_quotes(fmt::format("{}:{}", name, words)));
  };
  for (const auto& [pattern, completion] : value_cases()) {
    text += fmt::format("      {}) {} ;;\n", pattern, reply(completion, "value"));
  }
  text += "    esac\n    return\n  fi\n  if [[ $PREFIX == -* ]]; then\n    case $verb in\n";
  const auto options = [&](const Verb* verb) {
    std::string lines;
    for (const OptionInfo& option : option_infos()) {
      if (takes_option(verb, option)) lines += line(fmt::format("--{}", option.name), option.help);
    }
    return lines;
  };
  for (const Verb& verb : verbs()) text += fmt::format("      '{}') lines=({}) ;;\n", verb.name, options(&verb));
  text += fmt::format("      *) lines=({}) ;;\n    esac\n    _describe -o option lines\n    return\n  fi\n",
                      options(nullptr));
  text += "  case $verb in\n";
  for (const auto& [typed, next] : steps()) {
    text += fmt::format("    '{}') lines=(", typed);
    for (const Step& step : next) text += line(step.word, step.help);
    text += "); _describe verb lines ;;\n";
  }
  for (const Verb& verb : verbs()) {
    if (verb.arguments.empty()) continue;
    text += fmt::format("    '{}') {} ;;\n", verb.name, reply(arguments_of(verb), verb.arguments));
  }
  text +=
      "  esac\n}\n"
      "# Found in fpath, the file is the function; sourced, it makes the function known.\n"
      "if [[ ${funcstack[1]-} == _imagewarden ]]; then\n  _imagewarden \"$@\"\nelse\n"
      "  compdef _imagewarden imagewarden\nfi\n";
  return text;
}

std::string fish_script() {
  const auto word = [](std::string_view text) { return quoted(text, "\\'"); };
  std::string text = "# fish completion for imagewarden: imagewarden completion fish | source\n";
  text += filled(kFishStart, " ");
  const auto reply = [](const Completion& completion) -> std::string {
    switch (completion.value) {
      case Value::kFile:
        return " -r -F";
      case Value::kChoice:
        return fmt::format(" -x -a '{}'", fmt::join(completion.choices, " "));
      case Value::kFree:
        return " -x";
      case Value::kNone:
        break;
    }
    return "";
  };
  // The quotes of the condition are read twice.
  const auto is = [](const Words& names) {
    return fmt::format(" -n \"__imagewarden_is '{}'\"", fmt::join(names, "' '"));
  };
  for (const auto& [typed, next] : steps()) {
    for (const Step& step : next) {
      text += fmt::format("complete -c imagewarden{} -a {} -d {}\n", is({typed}), step.word, word(step.help));
    }
  }
  for (const Verb& verb : verbs()) {
    const Completion completion = arguments_of(verb);
    if (completion.value == Value::kFile) text += fmt::format("complete -c imagewarden{} -F\n", is({verb.name}));
    if (completion.value == Value::kChoice) {
      text += fmt::format("complete -c imagewarden{} -a '{}'\n", is({verb.name}), fmt::join(completion.choices, " "));
    }
  }
  for (const OptionInfo& option : option_infos()) {
    const auto line = [&](std::string_view condition, const Verb* verb) {
      text += fmt::format("complete -c imagewarden{} -l {}{} -d {}\n", condition, option.name,
                          reply(value_of(option, verb)), word(option.help));
    };
    if (option.name == "format") {
      for (const Verb& verb : verbs()) line(is({verb.name}), &verb);
      continue;
    }
    if (option.global) {
      line("", nullptr);
      continue;
    }
    Words names;
    for (const Verb& verb : verbs()) {
      if (takes_option(&verb, option)) names.push_back(verb.name);
    }
    if (!names.empty()) line(is(names), nullptr);
  }
  return text;
}

}  // namespace

std::optional<Shell> parse_shell(std::string_view name) {
  if (name == "bash") return Shell::kBash;
  if (name == "zsh") return Shell::kZsh;
  if (name == "fish") return Shell::kFish;
  return std::nullopt;
}

std::string completion_script(Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return bash_script();
    case Shell::kZsh:
      return zsh_script();
    case Shell::kFish:
      return fish_script();
  }
  return {};
}

int run_completion(const Options& options, Environment& environment) {
  if (options.arguments.size() != 1) {
    return complain(environment, {Errc::kUsage, "`completion` needs one shell: bash, zsh or fish"});
  }
  const auto shell = parse_shell(options.arguments.front());
  if (!shell) {
    return complain(environment, {Errc::kUsage, fmt::format("`completion`: `{}`, expected one of bash, zsh, fish",
                                                            options.arguments.front())});
  }
  return print_result(options, environment, completion_script(*shell), kExitAllowed);
}

}  // namespace imagewarden::cli
