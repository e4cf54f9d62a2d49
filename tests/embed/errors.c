// Every way to ask the C library wrongly, and what it says. Arguments: an inventory; one with a bad file; one with two;
// a path that is missing; a file that is no rule file. Prints what is wrong; the exit status is their count.
#include <imagewarden.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void expect(int line, int holds, const char* what, const char* text) {
  if (holds) return;
  ++failures;
  printf("errors.c:%d: %s: %s\n", line, what, text ? text : "(no text)");
}
#define EXPECT(holds) expect(__LINE__, (holds) != 0, #holds, NULL)

// The status, and one line that holds the words.
static void refused(int line, iw_status got, iw_status wanted, char** error, const char* words) {
  expect(line, got == wanted, "another status", *error);
  expect(line, *error != NULL && strstr(*error, words) != NULL && strchr(*error, '\n') == NULL, words, *error);
  iw_string_free(*error);
  *error = NULL;
}
#define REFUSED(call, status, words) refused(__LINE__, call, status, &error, words)

static int stop_at_second(void* context, size_t index, iw_outcome outcome, const char* json, size_t json_size) {
  EXPECT(json[json_size] == '\0' && strlen(json) == json_size && json[json_size - 1] == '\n');
  EXPECT(outcome == (index == 0 ? IW_ALLOW : IW_DENY));
  ++*(int*)context;
  return index == 1;
}

static void loading(char** argv) {
  char* error = NULL;
  iw_inventory* inventory = NULL;
  const char* paths[] = {argv[1]};
  const char* rules[] = {argv[5]};
  const char* nothing[] = {NULL};
  iw_sources sources = {.struct_size = sizeof sources, .paths = paths, .path_count = 1};
  REFUSED(iw_inventory_load(NULL, &inventory, &error), IW_USAGE, "sources");
  REFUSED(iw_inventory_load(&sources, NULL, &error), IW_USAGE, "inventory");
  sources.struct_size = 0;
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_USAGE, "sources");
  sources.struct_size = sizeof sources;
  sources.path_count = 0;
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_USAGE, "path");
  sources.path_count = 1;
  sources.paths = NULL;
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_USAGE, "path");
  sources.paths = nothing;
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_USAGE, "path");
  sources.paths = paths;
  paths[0] = argv[4];
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_NOT_FOUND, argv[4]);
  EXPECT(iw_inventory_load(&sources, &inventory, NULL) == IW_NOT_FOUND && inventory == NULL);
  paths[0] = argv[2];
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_MALFORMED, "ListImage.json");
  paths[0] = argv[3];
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_MALFORMED, "(and 1 more)");
  EXPECT(inventory == NULL);
  sources.skip_bad_files = 1;
  EXPECT(iw_inventory_load(&sources, &inventory, &error) == IW_OK && inventory != NULL && error == NULL);
  iw_inventory_free(inventory);
  paths[0] = argv[1];
  sources.not_before = "yesterday";
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_USAGE, "`yesterday`");
  sources.not_before = NULL;
  sources.rules = rules;
  sources.rule_count = 1;
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_MALFORMED, argv[5]);
  rules[0] = argv[4];
  REFUSED(iw_inventory_load(&sources, &inventory, &error), IW_NOT_FOUND, argv[4]);

  // A structure of a later release: as long as what is new is not used.
  struct {
    iw_sources known;
    size_t later;
  } longer = {{.struct_size = sizeof longer, .paths = paths, .path_count = 1}, 1};
  REFUSED(iw_inventory_load(&longer.known, &inventory, &error), IW_USAGE, "does not know");
  longer.later = 0;
  EXPECT(iw_inventory_load(&longer.known, &inventory, &error) == IW_OK);
  iw_inventory_free(inventory);
}

static void asking(const iw_inventory* inventory) {
  char* error = NULL;
  iw_decider* decider = NULL;
  const char* keys[] = {"acs:SourceIp"};
  const char* values[] = {"203.0.113.7"};
  iw_question question = {.struct_size = sizeof question, .principal = "user/alice", .now = "2026-11-24T08:00:00Z"};
  REFUSED(iw_decider_create(NULL, &question, &decider, &error), IW_USAGE, "inventory");
  REFUSED(iw_decider_create(inventory, NULL, &decider, &error), IW_USAGE, "question");
  REFUSED(iw_decider_create(inventory, &question, NULL, &error), IW_USAGE, "decider");
  question.principal = NULL;
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "principal");
  question.principal = "user/nobody";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_NOT_FOUND, "nobody");
  question.principal = "group/staff";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "group/staff");
  question.principal = "user/alice";
  question.account = "1";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "`1`");
  question.principal = "1740265893310827:user/alice";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_CONFLICT, "`1`");
  question.account = NULL;
  question.now = NULL;
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "now");
  question.now = "24.11.2026";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "`24.11.2026`");
  question.now = "2026-11-24T08:00:00Z";
  question.keys = keys;
  question.key_count = 1;
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "value");
  question.values = values;
  question.absent_keys = keys;
  question.absent_count = 1;
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "acs:SourceIp");
  keys[0] = "";
  question.absent_count = 0;
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "key");
  keys[0] = "acs:SourceIp";
  values[0] = "\xff";
  REFUSED(iw_decider_create(inventory, &question, &decider, &error), IW_USAGE, "UTF-8");
  EXPECT(decider == NULL);
}

static void deciding(iw_inventory* inventory) {
  char* error = NULL;
  char* json = NULL;
  iw_decider* decider = NULL;
  iw_outcome outcome = IW_ALLOW;
  iw_outcome outcomes[3];
  int calls = 0;
  const char* const images[] = {"m-s6b9q5fa4cohko2fb", "no-such-image", "img-u7rficosnfwnmeegq"};
  const char* const bad[] = {"m-s6b9q5fa4cohko2fb", "\xff"};
  iw_question question = {.struct_size = sizeof question, .principal = "user/alice", .now = "2026-11-24T08:00:00Z"};
  EXPECT(iw_decider_create(inventory, &question, &decider, &error) == IW_OK && error == NULL);
  iw_inventory_free(inventory);  // the decider goes on
  REFUSED(iw_decide(NULL, "img-1", &outcome, &json, &error), IW_USAGE, "decider");
  EXPECT(outcome == IW_DENY);
  REFUSED(iw_decide(decider, NULL, &outcome, &json, &error), IW_USAGE, "image id");
  REFUSED(iw_decide(decider, "\xff", &outcome, &json, &error), IW_USAGE, "UTF-8");
  EXPECT(json == NULL);
  EXPECT(iw_decide(decider, images[0], &outcome, NULL, NULL) == IW_OK && outcome == IW_ALLOW);
  EXPECT(iw_decide(decider, images[1], NULL, &json, NULL) == IW_OK && strstr(json, "Image.NotExist") != NULL);
  iw_string_free(json);

  REFUSED(iw_decide_each(NULL, images, 3, stop_at_second, &calls, &error), IW_USAGE, "decider");
  REFUSED(iw_decide_each(decider, images, 3, NULL, &calls, &error), IW_USAGE, "callback");
  REFUSED(iw_decide_each(decider, NULL, 3, stop_at_second, &calls, &error), IW_USAGE, "image id");
  REFUSED(iw_decide_each(decider, bad, 2, stop_at_second, &calls, &error), IW_USAGE, "UTF-8");
  EXPECT(calls == 0);
  EXPECT(iw_decide_each(decider, images, 3, stop_at_second, &calls, &error) == IW_OK && calls == 2);
  EXPECT(iw_decide_each(decider, NULL, 0, stop_at_second, &calls, &error) == IW_OK && calls == 2);

  REFUSED(iw_outcomes(NULL, images, 3, outcomes, &error), IW_USAGE, "decider");
  REFUSED(iw_outcomes(decider, images, 3, NULL, &error), IW_USAGE, "outcomes");
  EXPECT(iw_outcomes(decider, images, 3, outcomes, &error) == IW_OK);
  EXPECT(outcomes[0] == IW_ALLOW && outcomes[1] == IW_DENY && outcomes[2] == IW_DENY);

  REFUSED(iw_check(NULL, images, 3, &json, &error), IW_USAGE, "decider");
  REFUSED(iw_check(decider, images, 3, NULL, &error), IW_USAGE, "json");
  REFUSED(iw_check(decider, bad, 2, &json, &error), IW_USAGE, "UTF-8");
  REFUSED(iw_explain(NULL, images[0], &json, &error), IW_USAGE, "decider");
  REFUSED(iw_explain(decider, images[0], NULL, &error), IW_USAGE, "json");
  REFUSED(iw_explain(decider, NULL, &json, &error), IW_USAGE, "image id");
  EXPECT(json == NULL);
  iw_decider_free(decider);
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  EXPECT(iw_abi() == IW_ABI && strchr(iw_version(), '.') != NULL);
  loading(argv);
  iw_inventory* inventory = NULL;
  const char* const paths[] = {argv[1]};
  iw_sources sources = {.struct_size = sizeof sources, .paths = paths, .path_count = 1};
  EXPECT(iw_inventory_load(&sources, &inventory, NULL) == IW_OK);
  if (inventory != NULL) {
    asking(inventory);
    deciding(inventory);
  }
  iw_inventory_free(NULL);
  iw_decider_free(NULL);
  iw_string_free(NULL);
  return failures;
}
