#pragma once
// The canonical request: the text that a request digest is made of, and the way back from it, so that a logged decision
// can be made again. One JSON object without white space, its members in this order:
//   {"account":"1000000000000001","context":{"acs:sourceip":{"state":"known","values":["203.0.113.7"]}},
//    "image":"img-1","operation":"appstreaming:DeleteImage","principal":"user/alice","strict":false,
//    "time":"2026-11-24T08:00:00.000000Z"}
// Keys of the context are in lower case up to their first slash and sorted by bytes; a state is `known`, `absent`,
// `partial` or `open`. Question::replacements are a what-if and no part of it.

#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/decide/decide.h"

namespace imagewarden {

struct RecordedRequest {
  std::string account;
  std::string image;  // empty: the request of a whole batch
  std::string operation;
  Question question;  // principal.account is `account`
};

// The text around the image id: written once for any number of images. Immutable.
class RequestText {
 public:
  RequestText(std::string_view account, std::string_view operation, const Question& question);
  // The canonical request for one image. Precondition: valid UTF-8.
  [[nodiscard]] std::string with_image(std::string_view image_id) const;
  // `sha256:HEX` of it.
  [[nodiscard]] std::string digest(std::string_view image_id) const;
  void digest(std::string_view image_id, std::string& digest) const;  // in the place of what it was

 private:
  void put_image(std::string_view image_id, std::string& text) const;

  std::string before_;
  std::string after_;
};

// Strict: exactly the bytes that RequestText makes, else kMalformedInput. The values of the context have every typed
// view that their texts allow, as those of `--context` have.
[[nodiscard]] Result<RecordedRequest> parse_request(std::string_view text);

}  // namespace imagewarden
