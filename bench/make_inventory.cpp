// Writes a complete, valid export of any number of images, for benchmarks and load tests:
//   make_inventory --images N --seed S --out DIR [--regions R] [--format ndjson|ndjson.gz|ndjson.zst|raw]
// The same arguments give the same bytes on every machine. Each list is one walk over 0..N-1 (two where the answer
// carries a total), so memory does not grow with N.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "bench/export_writer.h"
#include "bench/inventory_world.h"

namespace imagewarden::bench {
namespace {

// ---- Records.

std::string_view product_name(Product product) {
  switch (product) {
    case Product::kCloudApp:
      return "CloudApp";
    case Product::kCloudDesktop:
      return "CloudDesktop";
    case Product::kWuyingServer:
      return "WuyingServer";
  }
  return "CloudApp";
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "User";
    case Kind::kSystem:
      return "System";
    case Kind::kShared:
      return "Shared";
    case Kind::kCommunity:
      return "Community";
  }
  return "User";
}

std::string_view status_name(Progress progress) {
  switch (progress) {
    case Progress::kAvailable:
    case Progress::kDistributing:
      return "AVAILABLE";
    case Progress::kCreating:
      return "CREATING";
    case Progress::kFailed:
      return "CREATE_FAILED";
  }
  return "AVAILABLE";
}

std::string image_name(const Image& image) {
  constexpr std::array<std::string_view, 8> kNames = {"Office LTSC", "AutoCAD",   "渲染节点", "Chrome Kiosk",
                                                      "Finance",     "Dev shell", "客服桌面", "Simulation"};
  return fmt::format("{} {}.{} build {}", kNames[image.index % kNames.size()], image.year, image.month, image.index);
}

void write_image(Buffer& to, const World& world, const Image& image) {
  constexpr std::array<std::string_view, 6> kTeams = {"workplace", "engineering", "studio",
                                                      "finance",   "data",        "platform"};
  const Numbers& numbers = world.numbers();
  auto out = std::back_inserter(to);
  const std::string id = world.image_id(image.index);
  const std::string version = numbers.id("iv-", Thing::kVersion, image.index);
  const std::string_view owner = image.kind == Kind::kUser     ? kAccount
                                 : image.kind == Kind::kSystem ? kServiceOwner
                                                               : kPartner;
  const bool windows = image.product != Product::kWuyingServer;
  const std::uint64_t misc = numbers.draw(Draw::kMisc, image.index);
  const std::string time = fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", image.year, image.month, image.day,
                                       image.second / 3600, image.second / 60 % 60, image.second % 60);
  fmt::format_to(out,
                 R"({{"AliUid":{},"BizType":1,"Distro":"{}","GmtCreate":"{}","GmtModified":"{}",)"
                 R"("ImageId":"{}","ImageName":"{}","ImageRegionDistributeList":[)",
                 owner, windows ? "Windows Server 2022 64bit" : "Ubuntu 22.04 64bit", time, time, id,
                 image_name(image));
  for (std::size_t i = 0; i < image.region_count; ++i) {
    const bool pending = image.progress == Progress::kDistributing && i + 1 == image.region_count;
    fmt::format_to(out, R"({}{{"ImageId":"{}","Progress":"{}","RegionId":"{}","Status":"{}","VersionId":"{}"}})",
                   i == 0 ? "" : ",", id, pending ? "0%" : "100%", world.region(image, i),
                   pending ? "INIT" : status_name(image.progress), version);
  }
  append(to, R"(],"ImageRegionList":[)");
  for (std::size_t i = 0; i < image.region_count; ++i) {
    // A region that the image is only on its way to is not in the list yet.
    if (image.progress == Progress::kDistributing && i + 1 == image.region_count && i != 0) continue;
    fmt::format_to(out, R"({}"{}")", i == 0 ? "" : ",", world.region(image, i));
  }
  fmt::format_to(out, R"(],"ImageType":"{}","Language":"zh-CN","OsType":"{}",)", kind_name(image.kind),
                 windows ? "Windows" : "Linux");
  if (image.has_parent_image) fmt::format_to(out, R"("ParentImageId":"{}",)", world.image_id(image.parent));
  fmt::format_to(out,
                 R"("Platform":0,"PlatformName":"{}","ProductType":"{}","ProtocolType":"ASP","SessionType":"{}",)"
                 R"("Status":"{}","SupportedLanguageList":["zh-CN","en-US"],"SystemDiskSize":{},"TagList":[)",
                 windows ? "Windows Server 2022" : "Ubuntu 22.04", product_name(image.product),
                 image.product == Product::kCloudApp ? "MULTIPLE_SESSION" : "SINGLE_SESSION",
                 status_name(image.progress), image.size_gib);
  if (misc % 10 != 0) {
    fmt::format_to(out, R"({{"Key":"owner","Value":"user-{:04}"}},{{"Key":"team","Value":"{}"}})", misc / 64 % 500,
                   kTeams[misc / 4096 % kTeams.size()]);
    if (misc / 8 % 50 == 0) append(to, R"(,{"Key":"keep","Value":"true"})");
  }
  fmt::format_to(out, R"(],"VersionId":"{}","VersionName":"v1.{}.0"}})", version, misc / 128 % 40);
}

void write_desktop_image(Buffer& to, const World& world, const Image& image) {
  const std::string_view type = image.kind == Kind::kUser     ? "CUSTOM"
                                : image.kind == Kind::kSystem ? "SYSTEM"
                                                              : "SHARED";
  const std::string_view status = image.progress == Progress::kCreating ? "Creating"
                                  : image.progress == Progress::kFailed ? "CreateFailed"
                                                                        : "Available";
  // ListImage answers in China standard time, DescribeImages in UTC.
  const unsigned utc = image.second - 28800;
  fmt::format_to(
      std::back_inserter(to),
      R"({{"CreationTime":"{}-{:02}-{:02}T{:02}:{:02}:{:02}Z","DataDiskSize":0,"ImageId":"{}","ImageType":"{}","Name":"{}",)"
      R"("OsType":"WINDOWS","Platform":"Windows Server 2022","Progress":"100%","ProtocolType":"ASP",)"
      R"("SessionType":"SINGLE_SESSION","SharedCount":{},"Size":{},"Status":"{}"}})",
      image.year, image.month, image.day, utc / 3600, utc / 60 % 60, utc % 60, world.image_id(image.index), type,
      image_name(image), image.shared_out ? 1 : 0, image.size_gib, status);
}

// ---- The lists.

bool is_desktop(const Image& image) { return image.product == Product::kCloudDesktop; }

void write_central_lists(Export& out, const World& world) {
  const Numbers& numbers = world.numbers();
  const ListShape images{.operation = "ListImage",
                         .list = "Data",
                         .total = "Count",
                         .numbered = true,
                         .status_head = R"("Code":"200",)",
                         .status_tail = R"(,"Message":"success","Success":true)"};
  write_list(
      out, world, images, {}, [](const Image&) { return true; },
      [&](Buffer& to, const Image& image) { write_image(to, world, image); });

  const ListShape groups{.operation = "ListAppInstanceGroup",
                         .list = "AppInstanceGroupModels",
                         .total = "TotalCount",
                         .numbered = true,
                         .status_head = {},
                         .status_tail = {}};
  write_list(
      out, world, groups, {}, [](const Image& image) { return image.in_use && image.product == Product::kCloudApp; },
      [&](Buffer& to, const Image& image) {
        constexpr std::array<std::string_view, 4> kStatus = {"PUBLISHED", "PUBLISHED", "MAINTAINING", "EXPIRED"};
        fmt::format_to(
            std::back_inserter(to),
            R"({{"Amount":2,"AppCenterImageId":"{}","AppInstanceGroupId":"{}","AppInstanceGroupName":"group {}",)"
            R"("ChargeType":"PrePaid","GmtCreate":"2026-01-26T15:06:16.000+00:00","OsType":"Windows",)"
            R"("ProductType":"CloudApp","RegionId":"{}","ResourceStatus":"AVAILABLE","Status":"{}"}})",
            world.image_id(image.index), numbers.id("aig-", Thing::kDeliveryGroup, image.index), image.index,
            world.region(image, 0), kStatus[image.index % kStatus.size()]);
      });

  const ListShape servers{.operation = "ListWuyingServer",
                          .list = "WuyingServerList",
                          .total = "TotalCount",
                          .numbered = true,
                          .status_head = {},
                          .status_tail = {}};
  write_list(
      out, world, servers, {},
      [](const Image& image) { return image.in_use && image.product == Product::kWuyingServer; },
      [&](Buffer& to, const Image& image) {
        fmt::format_to(
            std::back_inserter(to),
            R"({{"AliUid":{},"BizRegionId":"{}","ChargeType":"PrePaid","CreateTime":"2026-08-02T16:52:11.000+00:00",)"
            R"("ImageId":"{}","OsType":"Linux","Status":"{}","WuyingServerId":"{}","WuyingServerName":"node {}"}})",
            kAccount, world.region(image, 0), world.image_id(image.index), image.index % 4 == 0 ? "STOPPED" : "RUNNING",
            numbers.id("ws-", Thing::kWorkstation, image.index), image.index);
      });

  const ListShape templates{.operation = "DescribeTemplates",
                            .list = "Data",
                            .total = "TotalCount",
                            .numbered = true,
                            .status_head = R"("Code":"success",)",
                            .status_tail = R"(,"HttpStatusCode":200,"Message":"success","Success":true)"};
  write_list(
      out, world, templates, {},
      [&](const Image& image) {
        return is_desktop(image) && image.kind == Kind::kUser && numbers.chance(Draw::kTemplate, image.index, 20);
      },
      [&](Buffer& to, const Image& image) {
        fmt::format_to(
            std::back_inserter(to),
            R"({{"ChargeType":"PostPaid","GmtCreate":"2026-04-25T05:18:46.000+00:00","ImageId":"{}","ImageType":"User",)"
            R"("ProductType":"CLOUD_DESKTOP","RegionConfigList":[{{"RegionId":"{}"}}],"TemplateId":"{}",)"
            R"("TemplateName":"template {}","TemplateType":"USER_TEMPLATE"}})",
            world.image_id(image.index), world.region(image, 0), numbers.id("b-", Thing::kTemplate, image.index),
            image.index);
      });
}

void write_regional_lists(Export& out, const World& world, std::size_t region) {
  const Numbers& numbers = world.numbers();
  const std::string_view name = kRegions[region];
  const ListShape images{.operation = "DescribeImages",
                         .list = "Images",
                         .total = {},
                         .numbered = false,
                         .status_head = {},
                         .status_tail = {}};
  // Community images belong to the image centre; the desktop service does not list them.
  write_list(
      out, world, images, name,
      [&](const Image& image) {
        return is_desktop(image) && image.kind != Kind::kCommunity && world.is_in(image, region);
      },
      [&](Buffer& to, const Image& image) { write_desktop_image(to, world, image); });

  const ListShape groups{.operation = "DescribeDesktopGroups",
                         .list = "DesktopGroups",
                         .total = {},
                         .numbered = false,
                         .status_head = {},
                         .status_tail = {}};
  const auto pooled = [&](const Image& image) {
    return is_desktop(image) && image.in_use && image.first_region == region;
  };
  write_list(out, world, groups, name, pooled, [&](Buffer& to, const Image& image) {
    fmt::format_to(
        std::back_inserter(to),
        R"({{"CreateTime":"2026-02-17T14:51:07Z","DesktopCount":1,"DesktopGroupId":"{}","DesktopGroupName":"pool {}",)"
        R"("ImageId":"{}","OwnBundleId":"bundle_eds_general_4c8g_s8d5_win2022","OwnType":{},"Status":1}})",
        numbers.id("dg-", Thing::kDesktopGroup, image.index), image.index, world.image_id(image.index),
        image.index % 2);
  });

  // One pooled computer for each pool, and a single one for 3 % of the images: those do not block a deletion.
  const ListShape desktops{.operation = "DescribeDesktops",
                           .list = "Desktops",
                           .total = "TotalCount",
                           .numbered = false,
                           .status_head = {},
                           .status_tail = {}};
  const auto single = [&](const Image& image) {
    return is_desktop(image) && image.first_region == region && numbers.chance(Draw::kMisc, image.index ^ 1U, 30);
  };
  write_list(
      out, world, desktops, name, [&](const Image& image) { return pooled(image) || single(image); },
      [&](Buffer& to, const Image& image) {
        auto to_end = std::back_inserter(to);
        fmt::format_to(
            to_end,
            R"({{"BundleId":"bundle_eds_general_4c8g_s8d5_win2022","ChargeType":"PrePaid","CreationTime":"2026-03-06T08:28Z",)");
        if (pooled(image)) {
          fmt::format_to(to_end, R"("DesktopGroupId":"{}",)", numbers.id("dg-", Thing::kDesktopGroup, image.index));
        }
        fmt::format_to(
            to_end,
            R"("DesktopId":"{}","DesktopName":"desktop {}","DesktopStatus":"{}","ImageId":"{}","OsType":"Windows",)"
            R"("SessionType":"SINGLE_SESSION"}})",
            numbers.id("ecd-", Thing::kDesktop, image.index), image.index, image.index % 3 == 0 ? "Stopped" : "Running",
            world.image_id(image.index));
      });

  const ListShape bundles{.operation = "DescribeBundles",
                          .list = "Bundles",
                          .total = {},
                          .numbered = false,
                          .status_head = {},
                          .status_tail = {}};
  write_list(
      out, world, bundles, name,
      [&](const Image& image) {
        return is_desktop(image) && image.kind == Kind::kUser && image.first_region == region &&
               numbers.chance(Draw::kTemplate, image.index ^ 1U, 5);
      },
      [&](Buffer& to, const Image& image) {
        fmt::format_to(
            std::back_inserter(to),
            R"({{"BundleId":"{}","BundleName":"bundle {}","BundleType":"CUSTOM","CreationTime":"2026-03-30T06:09Z",)"
            R"("DesktopType":"eds.enterprise_office.4c8g","ImageId":"{}","OsType":"Windows"}})",
            numbers.id("b-", Thing::kBundle, image.index), image.index, world.image_id(image.index));
      });
}

// Who an image is shared with. Desktop images carry a SharedCount instead.
void write_permissions(Export& out, const World& world) {
  for (std::uint64_t i = 0; i < world.images(); ++i) {
    const Image image = world.image(i);
    if (is_desktop(image) || image.kind != Kind::kUser) continue;
    const std::string id = world.image_id(i);
    out.response({.operation = "DescribeImagePermission",
                  .key = "ImageId",
                  .value = id,
                  .region = {},
                  .page = 0,
                  .always_envelope = true},
                 image.shared_out ? fmt::format(R"({{"AliUids":["{}"]}})", kPartner) : R"({"AliUids":[]})");
  }
}

// ---- RAM: `operator` may delete (by its group), `reader` may look, the others hold what people have.

struct Policy {
  std::string_view name;
  std::string_view document;  // as it stands inside a JSON string
};

constexpr std::array<Policy, 5> kPolicies = {{
    {"image-operator",
     R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"appstreaming:List*\",\"appstreaming:Get*\",\"appstreaming:DeleteImage\"],\"Resource\":\"*\"}]})"},
    {"office-network",
     R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"appstreaming:*\",\"Resource\":\"*\",\"Condition\":{\"IpAddress\":{\"acs:SourceIp\":\"203.0.113.0/24\"}}}]})"},
    {"delete-needs-mfa",
     R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"appstreaming:*\",\"Resource\":\"*\"},{\"Effect\":\"Deny\",\"Action\":\"appstreaming:DeleteImage\",\"Resource\":\"*\",\"Condition\":{\"Bool\":{\"acs:MFAPresent\":\"false\"}}}]})"},
    {"no-deletions",
     R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"appstreaming:Delete*\",\"Resource\":\"*\"}]})"},
    {"one-region-only",
     R"({\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"appstreaming:DeleteImage\",\"Resource\":\"acs:appstreaming:cn-hangzhou:*:image/*\"}]})"},
}};

std::string policy_entry(std::string_view name, std::string_view type) {
  return fmt::format(
      R"({{"AttachDate":"2026-01-10T03:00:00Z","DefaultVersion":"v1","PolicyName":"{}","PolicyType":"{}"}})", name,
      type);
}

void write_ram(Export& out, const World& world) {
  // ListUsers answers up to 1,000 in one page.
  const std::uint64_t user_count = 10 + (world.images() / 20000 < 490 ? world.images() / 20000 : 490);
  const auto user_name = [](std::uint64_t i) {
    return i == 0 ? std::string("operator") : i == 1 ? std::string("reader") : fmt::format("user-{:04}", i);
  };
  const auto with_id = [&](std::string_view fields) {
    return fmt::format(R"({{{},"RequestId":"{}"}})", fields, out.next_request_id());
  };
  constexpr std::string_view kGroupEntry =
      R"({"Comments":"","GroupName":"image-operators","JoinDate":"2026-01-10T03:00:00Z"})";

  std::string users;
  for (std::uint64_t i = 0; i < user_count; ++i) {
    users += fmt::format(
        R"({}{{"CreateDate":"2023-01-03T02:00:00Z","DisplayName":"{}","UserId":"2{:017}","UserName":"{}"}})",
        i == 0 ? "" : ",", user_name(i), world.numbers().draw(Draw::kMisc, i) % 100000000000000000ULL, user_name(i));
  }
  out.response({.operation = "ListUsers", .key = {}, .value = {}, .region = {}},
               with_id(fmt::format(R"("IsTruncated":false,"Users":{{"User":[{}]}})", users)));
  out.response(
      {.operation = "ListGroups", .key = {}, .value = {}, .region = {}},
      with_id(
          R"("Groups":{"Group":[{"Comments":"","CreateDate":"2023-01-03T02:00:00Z","GroupName":"image-operators"}]},"IsTruncated":false)"));
  out.response({.operation = "ListRoles", .key = {}, .value = {}, .region = {}},
               with_id(R"("IsTruncated":false,"Roles":{"Role":[]})"));
  out.response({.operation = "ListPoliciesForGroup", .key = "GroupName", .value = "image-operators", .region = {}},
               with_id(fmt::format(R"("Policies":{{"Policy":[{}]}})", policy_entry("image-operator", "Custom"))));
  out.response(
      {.operation = "ListUsersForGroup", .key = "GroupName", .value = "image-operators", .region = {}},
      with_id(
          R"("IsTruncated":false,"Users":{"User":[{"DisplayName":"operator","JoinDate":"2026-01-10T03:00:00Z","UserName":"operator"}]})"));
  for (std::uint64_t i = 0; i < user_count; ++i) {
    const std::string name = user_name(i);
    out.response({.operation = "ListGroupsForUser", .key = "UserName", .value = name, .region = {}},
                 with_id(fmt::format(R"("Groups":{{"Group":[{}]}})", i == 0 ? kGroupEntry : std::string_view{})));
    std::string policy;
    if (i == 1) policy = policy_entry("AliyunAppStreamingReadOnlyAccess", "System");
    if (i > 1) policy = policy_entry(kPolicies[i % kPolicies.size()].name, "Custom");
    out.response({.operation = "ListPoliciesForUser", .key = "UserName", .value = name, .region = {}},
                 with_id(fmt::format(R"("Policies":{{"Policy":[{}]}})", policy)));
  }
  for (const Policy& policy : kPolicies) {
    out.response(
        {.operation = "GetPolicy", .key = "PolicyName", .value = policy.name, .region = {}},
        with_id(fmt::format(
            R"("DefaultPolicyVersion":{{"IsDefaultVersion":true,"PolicyDocument":"{}","VersionId":"v1"}},)"
            R"("Policy":{{"DefaultVersion":"v1","PolicyDocument":"N/A","PolicyName":"{}","PolicyType":"Custom"}})",
            policy.document, policy.name)));
  }
}

// ---- Command line.

constexpr std::string_view kUsage =
    "usage: make_inventory --images N --seed S --out DIR [--regions 1..8] [--format ndjson|ndjson.gz|ndjson.zst|raw]\n";

std::uint64_t number(std::string_view option, std::string_view text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw std::invalid_argument(fmt::format("{}: `{}`, expected {} to {}", option, text, low, high));
  }
  return value;
}

Options parse_options(const std::vector<std::string_view>& words) {
  Options options;
  bool has_seed = false;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view option = words[i];
    if (i + 1 == words.size()) throw std::invalid_argument(fmt::format("{}: expected a value", option));
    const std::string_view value = words[i + 1];
    if (option == "--images") {
      options.images = number(option, value, 1, 100'000'000);
    } else if (option == "--seed") {
      options.seed = number(option, value, 0, ~std::uint64_t{0});
      has_seed = true;
    } else if (option == "--out") {
      options.out = value;
    } else if (option == "--regions") {
      options.regions = number(option, value, 1, kRegions.size());
    } else if (option == "--format") {
      if (value == "ndjson")
        options.format = Format::kNdjson;
      else if (value == "ndjson.gz")
        options.format = Format::kGzip;
      else if (value == "ndjson.zst")
        options.format = Format::kZstd;
      else if (value == "raw")
        options.format = Format::kRaw;
      else
        throw std::invalid_argument(fmt::format("--format: `{}`", value));
    } else {
      throw std::invalid_argument(fmt::format("unknown option `{}`", option));
    }
  }
  if (options.images == 0 || !has_seed || options.out.empty())
    throw std::invalid_argument("--images, --seed and --out are needed");
  return options;
}

}  // namespace
}  // namespace imagewarden::bench

int main(int argc, char** argv) {
  using namespace imagewarden::bench;
  try {
    const Options options = parse_options(std::vector<std::string_view>(argv + 1, argv + argc));
    const World world(options);
    Export out(options);
    write_ram(out, world);
    write_central_lists(out, world);
    for (std::size_t region = 0; region < world.regions(); ++region) write_regional_lists(out, world, region);
    write_permissions(out, world);
    fmt::print("{}: {} images, {} bytes of JSON\n", options.out, options.images, out.close());
    return 0;
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "make_inventory: {}\n{}", error.what(), kUsage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "make_inventory: {}\n", error.what());
  }
  return 2;
}
