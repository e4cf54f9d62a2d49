#include "tests/oracle/execute.h"

namespace oracle {
namespace {

// Every record of the operation's answers, for a change.
template <class Change>
void for_each(World& world, const std::string& account, const std::string& operation, const Change& change) {
  for (Page& page : world.pages) {
    if (page.account != account || page.operation != operation || page.is_failure) continue;
    for (Json& item : page.items) change(item);
    if (operation == "GetAppInstanceGroup") change(page.body.at("AppInstanceGroupModels"));
  }
}

bool is_creating(const std::string& status) { return status == "CREATING" || status == "Creating" || status == "INIT"; }

}  // namespace

void delete_image(World& world, const std::string& account, const std::string& image) {
  for (const std::string operation : {"ListImage", "DescribeImages"}) {
    for_each(world, account, operation, [&](Json& item) {
      if (text_of(item, "ImageId") == image) item = Json{{"ImageId", "gone:" + image}, {"ImageType", "User"}};
    });
  }
  for (const std::string operation : {"DescribeTemplates", "DescribeBundles"}) {
    for_each(world, account, operation, [&](Json& item) {
      if (text_of(item, "ImageId") == image) item["ImageId"] = "";
    });
  }
}

void unshare(World& world, const std::string& account, const std::string& image) {
  for (Page& page : world.pages) {
    if (page.account != account || page.operation != "DescribeImagePermission") continue;
    if (page.parameter("ImageId") == image) page.items.clear();
  }
  for_each(world, account, "DescribeImages", [&](Json& item) {
    if (text_of(item, "ImageId") == image && has_field(item, "SharedCount")) item["SharedCount"] = 0;
  });
}

void release(World& world, const std::string& account, const std::string& operation, const std::string& id_field,
             const std::string& id) {
  for_each(world, account, operation, [&](Json& item) {
    if (text_of(item, id_field) != id) return;
    item[operation == "ListAppInstanceGroup" || operation == "GetAppInstanceGroup" ? "AppCenterImageId" : "ImageId"] =
        "";
  });
}

void finish_creating(World& world, const std::string& account, const std::string& image) {
  for (const std::string operation : {"ListImage", "DescribeImages"}) {
    for_each(world, account, operation, [&](Json& item) {
      if (text_of(item, "ImageId") != image) return;
      if (is_creating(text_of(item, "Status"))) item["Status"] = "AVAILABLE";
      if (!has_field(item, "ImageRegionDistributeList")) return;
      for (Json& entry : item["ImageRegionDistributeList"]) {
        if (is_creating(text_of(entry, "Status"))) entry["Status"] = "AVAILABLE";
      }
    });
  }
}

}  // namespace oracle
