#pragma once
// The world that make_inventory writes down: what is true of image i, as a pure function of (seed, i). Nothing is
// stored. The same on every machine and with every standard library. Everything here is safe from any number of
// threads.

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace imagewarden::bench {

inline constexpr std::string_view kAccount = "1640917200345128";
inline constexpr std::string_view kPartner = "1180452266309914";
inline constexpr std::string_view kServiceOwner = "1208832546671453";
inline constexpr std::string_view kExportedAt = "2026-11-20T08:00:00Z";
inline constexpr std::array<std::string_view, 8> kRegions = {"cn-hangzhou",    "cn-shanghai", "ap-southeast-1",
                                                             "cn-beijing",     "cn-shenzhen", "cn-zhangjiakou",
                                                             "ap-northeast-1", "eu-central-1"};

enum class Format { kNdjson, kGzip, kZstd, kRaw };

struct Options {
  std::uint64_t images{};
  std::uint64_t seed{};
  std::string out;
  std::size_t regions{3};
  Format format{Format::kNdjson};
};

// ---- Numbers. The distributions of std differ between libraries, so everything is drawn by hand.

// The finaliser of splitmix64: a bijection of 64-bit numbers, so ids made from different indexes never collide.
constexpr std::uint64_t scramble(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

// What a number is drawn for: draws for different purposes are independent.
enum class Draw : std::uint64_t {
  kProduct = 1,
  kType,
  kStatus,
  kRegion,
  kShared,
  kInUse,
  kParent,
  kTime,
  kTemplate,
  kMisc
};

// One kind of thing with ids of its own.
enum class Thing : std::uint64_t {
  kImage = 101,
  kDeliveryGroup,
  kWorkstation,
  kDesktopGroup,
  kDesktop,
  kTemplate,
  kVersion,
  kBundle,
  kUser
};

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : seed_(scramble(seed + 0x9e3779b97f4a7c15ULL)) {}
  [[nodiscard]] std::uint64_t draw(Draw purpose, std::uint64_t index) const {
    return scramble(scramble(index + seed_) + static_cast<std::uint64_t>(purpose) * 0x9e3779b97f4a7c15ULL);
  }
  // True for `per_mille` of 1,000 indexes.
  [[nodiscard]] bool chance(Draw purpose, std::uint64_t index, std::uint64_t per_mille) const {
    return draw(purpose, index) % 1000 < per_mille;
  }
  // 13 characters of base 36, as the ids of the services look. Unique for each kind of thing.
  [[nodiscard]] std::string id(std::string_view prefix, Thing thing, std::uint64_t index) const {
    constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::uint64_t number = scramble(index ^ scramble(seed_ ^ static_cast<std::uint64_t>(thing)));
    std::string text(prefix);
    for (int i = 0; i < 13; ++i) {
      text.push_back(kAlphabet[number % 36]);
      number /= 36;
    }
    return text;
  }
  [[nodiscard]] std::string request_id(std::uint64_t index) const {
    const std::uint64_t a = scramble(index ^ seed_ ^ 0x5851f42d4c957f2dULL);
    const std::uint64_t b = scramble(a);
    return fmt::format("{:08X}-{:04X}-5{:03X}-9{:03X}-{:012X}", a >> 32U, (a >> 16U) & 0xffffU, a & 0xfffU,
                       (b >> 52U) & 0xfffU, b & 0xffffffffffffULL);
  }

 private:
  std::uint64_t seed_;
};

// ---- The world: what is true of image i.

enum class Product { kCloudApp, kCloudDesktop, kWuyingServer };
enum class Kind { kUser, kSystem, kShared, kCommunity };
enum class Progress { kAvailable, kCreating, kDistributing, kFailed };

struct Image {
  std::uint64_t index{};
  Product product{};
  Kind kind{};
  Progress progress{};
  std::size_t first_region{};
  std::size_t region_count{1};
  bool shared_out{};
  bool in_use{};
  bool has_parent_image{};  // a community image made from an image of the account
  std::uint64_t parent{};
  unsigned year{};
  unsigned month{};
  unsigned day{};
  unsigned second{};  // of the day, China standard time
  unsigned size_gib{};
};

class World {
 public:
  World(const Options& options) : numbers_(options.seed), images_(options.images), regions_(options.regions) {}

  [[nodiscard]] const Numbers& numbers() const { return numbers_; }
  [[nodiscard]] std::uint64_t images() const { return images_; }
  [[nodiscard]] std::size_t regions() const { return regions_; }

  [[nodiscard]] Product product(std::uint64_t index) const {
    const std::uint64_t pick = numbers_.draw(Draw::kProduct, index) % 100;
    return pick < 50 ? Product::kCloudApp : pick < 80 ? Product::kCloudDesktop : Product::kWuyingServer;
  }

  [[nodiscard]] Image image(std::uint64_t index) const {
    Image image;
    image.index = index;
    image.product = product(index);
    const std::uint64_t kind = numbers_.draw(Draw::kType, index) % 1000;
    image.kind = kind < 5 ? Kind::kSystem : kind < 10 ? Kind::kShared : kind < 20 ? Kind::kCommunity : Kind::kUser;
    const std::uint64_t progress = numbers_.draw(Draw::kStatus, index) % 1000;
    if (image.kind == Kind::kUser) {
      image.progress = progress < 7    ? Progress::kCreating
                       : progress < 10 ? Progress::kDistributing
                       : progress < 15 ? Progress::kFailed
                                       : Progress::kAvailable;
      image.shared_out = numbers_.chance(Draw::kShared, index, 10);
    }
    image.in_use = numbers_.chance(Draw::kInUse, index, 20);
    const std::uint64_t place = numbers_.draw(Draw::kRegion, index);
    image.first_region = place % regions_;
    const std::uint64_t spread = (place >> 32U) % 100;
    image.region_count = spread < 80 ? 1 : spread < 95 ? 2 : 3;
    // A distribution needs a second region to be on its way to.
    if (image.progress == Progress::kDistributing && image.region_count == 1) image.region_count = 2;
    if (image.region_count > regions_) image.region_count = regions_;
    if (image.kind == Kind::kCommunity && images_ > 1) {
      image.has_parent_image = true;
      image.parent = (index + 1 + numbers_.draw(Draw::kParent, index) % (images_ - 1)) % images_;
    }
    const std::uint64_t time = numbers_.draw(Draw::kTime, index);
    image.year = 2023 + static_cast<unsigned>(time % 4);
    image.month = 1 + static_cast<unsigned>((time >> 8U) % (image.year == 2026 ? 10 : 12));
    image.day = 1 + static_cast<unsigned>((time >> 16U) % 28);
    // Not before 08:00 China standard time, so that the date is the same in UTC.
    image.second = 28800 + static_cast<unsigned>((time >> 24U) % 57600);
    image.size_gib = 40 + 20 * static_cast<unsigned>((time >> 48U) % 5);
    return image;
  }

  [[nodiscard]] std::string image_id(std::uint64_t index) const {
    const bool desktop = product(index) == Product::kCloudDesktop;
    return numbers_.id(desktop ? "m-" : (index % 3 == 0 ? "img-" : "imgc-"), Thing::kImage, index);
  }
  [[nodiscard]] std::string_view region(const Image& image, std::size_t place) const {
    return kRegions[(image.first_region + place) % regions_];
  }
  [[nodiscard]] bool is_in(const Image& image, std::size_t region) const {
    return (region + regions_ - image.first_region) % regions_ < image.region_count;
  }

 private:
  Numbers numbers_;
  std::uint64_t images_;
  std::size_t regions_;
};

}  // namespace imagewarden::bench
