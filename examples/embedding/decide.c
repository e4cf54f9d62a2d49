// Decides images and prints a line of JSON for each. Arguments: the inventory, the caller, the time, the images.
#include <imagewarden.h>
#include <stdio.h>

static int print(void* context, size_t index, iw_outcome outcome, const char* json, size_t json_size) {
  size_t* denied = context;
  (void)index;
  if (outcome == IW_DENY) ++*denied;
  return fwrite(json, 1, json_size, stdout) == json_size ? 0 : 1;
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  iw_inventory* inventory = NULL;
  iw_decider* decider = NULL;
  char* error = NULL;
  size_t denied = 0;

  const char* const paths[] = {argv[1]};
  iw_sources sources = {.struct_size = sizeof sources, .paths = paths, .path_count = 1};
  iw_question question = {.struct_size = sizeof question, .principal = argv[2], .now = argv[3]};
  iw_status status = iw_inventory_load(&sources, &inventory, &error);
  if (status == IW_OK) status = iw_decider_create(inventory, &question, &decider, &error);
  if (status == IW_OK)
    status = iw_decide_each(decider, (const char* const*)argv + 4, (size_t)argc - 4, print, &denied, &error);
  if (status == IW_OK)
    fprintf(stderr, "%zu denied\n", denied);
  else
    fprintf(stderr, "%s\n", error ? error : "out of memory");

  iw_string_free(error);
  iw_decider_free(decider);
  iw_inventory_free(inventory);
  return status == IW_OK ? 0 : 2;
}
