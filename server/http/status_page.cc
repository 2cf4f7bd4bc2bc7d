// SPDX-License-Identifier: Apache-2.0
#include "server/http/status_page.h"

#include <fmt/format.h>

#include <string_view>

#include "config/timestamp.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr std::string_view kHead =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<title>freshetd</title><style>"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;"
    "padding:0 1em;color:#222}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3em .8em;border-bottom:1px solid #ddd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".bad{color:#a00}.good{color:#060}</style><h1>freshetd</h1>";

// Text that came from a file or a load.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Row(const ViewReport& view) {
  if (view.version == 0) {
    return fmt::format(
        "<tr><td>{}</td><td class=n>none</td><td></td><td></td><td></td>"
        "<td></td><td class=n>{}</td><td class=bad>{}</td></tr>",
        Escape(view.name), view.kept, Escape(view.message));
  }
  const bool stale =
      view.freshness_micros > 0 && view.age_micros > view.freshness_micros;
  const int64_t age_s = view.age_micros / 1'000'000;
  return fmt::format(
      "<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td>"
      "<td>{}</td><td class=\"n{}\">{}</td><td class=n>{}</td><td>{}</td></tr>",
      Escape(view.name), view.version, view.rows, FormatSize(view.bytes),
      FormatTimestamp(view.as_of_micros), stale ? " bad" : "",
      fmt::format("{}:{:02}:{:02}", age_s / 3600, age_s / 60 % 60, age_s % 60),
      view.kept, Escape(view.message));
}

std::string List(std::string_view title,
                 const std::vector<std::string>& lines) {
  std::string list = fmt::format("<h2>{}</h2><ul>", title);
  for (const std::string& line : lines) {
    list += "<li>" + Escape(line) + "</li>";
  }
  return list + "</ul>";
}

}  // namespace

std::string StatusPage(const std::vector<ViewReport>& views,
                       const std::vector<std::string>& not_ready,
                       const std::vector<std::string>& sources,
                       const std::vector<std::string>& facts) {
  std::string page(kHead);
  if (not_ready.empty()) {
    page += "<p class=good>ready</p>";
  } else {
    page += "<p class=bad>not ready:</p><ul>";
    for (const std::string& why : not_ready) {
      page += "<li class=bad>" + Escape(why) + "</li>";
    }
    page += "</ul>";
  }
  page +=
      "<h2>Views</h2><table><tr><th>view<th>version<th>rows<th>bytes"
      "<th>as of<th>age<th>kept<th>note</tr>";
  for (const ViewReport& view : views) page += Row(view);
  page += "</table>";
  if (!sources.empty()) page += List("Watched sources", sources);
  page += List("Daemon", facts);
  page +=
      "<h2>Pages</h2><ul><li><a href=\"/metrics\">/metrics</a> for "
      "Prometheus<li><a href=\"/readyz\">/readyz</a> ready, or why not"
      "<li><a href=\"/healthz\">/healthz</a> the process answers</ul></html>\n";
  return page;
}

}  // namespace freshet
