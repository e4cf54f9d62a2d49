#ifndef IMAGEWARDEN_H
#define IMAGEWARDEN_H
// imagewarden as a C library (C99): would DeleteImage succeed, on an exported inventory, for this caller. Link with
// `pkg-config --libs imagewarden`; docs/embedding.md has examples in C and Python.
//
// Texts are UTF-8 and end in a zero byte. JSON is what the program prints with `--no-audit`, to the byte, with the line
// feed at its end: docs/schema/ describes it.
//
// Errors. A denied request is an answer, no error: IW_OK. A call that returns anything else has made nothing; what it
// would have made is NULL. `error` may be NULL; else it is set to NULL, or to one line that says what is wrong and
// where, for iw_string_free(). Where the memory for that line is missing too, it stays NULL. No C++ exception leaves
// the library.
//
// Ownership. What a call hands out through a `**` is the caller's, to be freed with the function of its type. What a
// call is given it copies: it needs to live only as long as the call. Handles may be freed in any order, once each;
// NULL is allowed and does nothing.
//
// Threads. A handle does not change once it is made: any number of threads may use it at once. Only freeing it must be
// the last that happens to it. The library has no global state, reads no clock, no environment and no locale, and
// prints nothing.
//
// ABI. As long as the soname is libimagewarden.so.0, no function, field or constant is removed or changes its meaning.
// Structures grow at their end: `struct_size` says how much of one the caller knows.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// The names are those of C, not those of the project's C++.
// NOLINTBEGIN(readability-identifier-naming)

#define IW_API __attribute__((visibility("default")))
#define IW_ABI 0

// The release of the library, `0.1.0`; static.
IW_API const char* iw_version(void);
// IW_ABI of the library: another one than that of this header is another soname.
IW_API int iw_abi(void);

typedef enum iw_status {
  IW_OK = 0,
  IW_MALFORMED = 1,  // a file does not follow its format
  IW_LIMIT = 2,      // input beyond a documented limit
  IW_NOT_FOUND = 3,  // no such path, or no such principal
  IW_CONFLICT = 4,   // two definitions that exclude each other
  IW_USAGE = 5,      // an argument that makes no sense, NULL where something is needed
  IW_IO = 6,         // the operating system refused
  IW_INTERNAL = 7    // out of memory, or a fault of the library
} iw_status;

// The zero value denies.
typedef enum iw_outcome { IW_DENY = 0, IW_INDETERMINATE = 1, IW_ALLOW = 2 } iw_outcome;

typedef struct iw_inventory iw_inventory;  // exports and rules, read and checked
typedef struct iw_decider iw_decider;      // an inventory and a caller; it keeps what it needs of the inventory

// What is read. Fields that are zero are left out, but for `paths`.
typedef struct iw_sources {
  size_t struct_size;        // sizeof(iw_sources)
  const char* const* paths;  // folders and files of exports, at least one
  size_t path_count;
  const char* const* rules;  // rule files, on top of the built-in ones
  size_t rule_count;
  const char* not_before;  // RFC 3339: exports from before it, or without a time, count as absent
  int skip_bad_files;      // not 0: a bad file counts as absent and stands in the documents, instead of an error
  unsigned threads;        // 1: none beside the caller's; else one reads ahead
} iw_sources;

// IW_USAGE, IW_NOT_FOUND, IW_IO; IW_MALFORMED, IW_LIMIT: the line names the first bad file and how many more there are.
IW_API iw_status iw_inventory_load(const iw_sources* sources, iw_inventory** inventory, char** error);
IW_API void iw_inventory_free(iw_inventory* inventory);

// Who asks, when, and what else the request carries. Fields that are zero are left out, but for `principal` and `now`.
typedef struct iw_question {
  size_t struct_size;       // sizeof(iw_question)
  const char* principal;    // `root`, `user/NAME`, `role/NAME`, each with `ACCOUNT:` before it where needed
  const char* account;      // the same account, if not given there; needed only where the inventory holds several
  const char* now;          // RFC 3339, fractions of a second are cut: the time of the request
  const char* const* keys;  // condition keys, `acs:SourceIp`; one that comes twice has two values
  const char* const* values;
  size_t key_count;                // of both
  const char* const* absent_keys;  // condition keys that the request does not carry
  size_t absent_count;
  int strict;  // not 0: assumptions become unknowns
} iw_question;

// IW_USAGE; IW_CONFLICT: `principal` names another account than `account`; IW_NOT_FOUND: the inventory's list of users
// or roles is complete and does not hold the principal.
IW_API iw_status iw_decider_create(const iw_inventory* inventory, const iw_question* question, iw_decider** decider,
                                   char** error);
IW_API void iw_decider_free(iw_decider* decider);

// An image id is UTF-8 of at most 256 bytes; one that the inventory does not show is a question like any other.
// IW_USAGE is the only error of an id, and no id is decided where one is bad.

// One image. `json` is a line of `check --format ndjson`. Either may be NULL.
IW_API iw_status iw_decide(const iw_decider* decider, const char* image, iw_outcome* outcome, char** json,
                           char** error);

// Many, in order, without keeping them. `json` lives as long as the call of the callback; json_size is without the zero
// byte. What the callback returns: 0 to go on, else no more decisions are made and the call returns IW_OK. Where memory
// runs out, or the callback throws, it is IW_INTERNAL after the calls that were made.
typedef int (*iw_on_decision)(void* context, size_t index, iw_outcome outcome, const char* json, size_t json_size);
IW_API iw_status iw_decide_each(const iw_decider* decider, const char* const* images, size_t image_count,
                                iw_on_decision on_decision, void* context, char** error);

// Outcomes only, much faster: outcomes[i] answers images[i].
IW_API iw_status iw_outcomes(const iw_decider* decider, const char* const* images, size_t image_count,
                             iw_outcome* outcomes, char** error);

// The document of `check --format json`, for any number of images.
IW_API iw_status iw_check(const iw_decider* decider, const char* const* images, size_t image_count, char** json,
                          char** error);

// The document of `explain --format json`.
IW_API iw_status iw_explain(const iw_decider* decider, const char* image, char** json, char** error);

IW_API void iw_string_free(char* text);

// NOLINTEND(readability-identifier-naming)

#ifdef __cplusplus
}
#endif

#endif
