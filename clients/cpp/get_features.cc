// SPDX-License-Identifier: Apache-2.0
// Asks a Freshet daemon for features, as a model server in C++ does.
//
//   get_features ADDRESS VIEW.FEATURE[,VIEW.FEATURE...] JOIN_KEY [TIMEOUT_MS]
//
// Each line of standard input is a request: values of the join key, with commas
// between them. Of each value of each feature it prints a line: key, feature,
// value, state; after each request an empty line.
#include <grpcpp/grpcpp.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "freshet/v1/online.grpc.pb.h"
#include "service_config.h"

namespace {

namespace v1 = freshet::v1;

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

// One channel for the process, made once: it connects by itself, and again
// after the connection broke.
std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Retries of what failed with UNAVAILABLE, and requests in turn to all the
  // addresses of a name (dns:///features:7600).
  arguments.SetServiceConfigJSON(kServiceConfig);
  // The daemon bounds its replies; gRPC's own 4 MiB are less than it allows.
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

// The values of one join key, a row for each. A program of yours knows its
// key's type; this one takes digits for an int64.
bool AddKeys(const std::string& name, const std::vector<std::string>& values,
             v1::GetFeaturesRequest& request) {
  v1::KeyColumn& column = *request.add_keys();
  column.set_name(name);
  for (const std::string& value : values) {
    long long number = 0;
    const char* const end = value.data() + value.size();
    const auto [at, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && at == end) {
      column.add_int64s(number);
    } else {
      column.add_strings(value);
    }
  }
  // A key has one type.
  return column.strings().empty() || column.int64s().empty();
}

template <typename Number>
std::string Shortest(Number value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::string Hexadecimal(const std::string& bytes) {
  std::string text = "0x";
  char digits[3];
  for (const char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

// 1850 of scale 2 is 18.50.
std::string Decimal(int64_t unscaled, uint32_t scale) {
  std::string digits = std::to_string(unscaled);
  const size_t sign = unscaled < 0 ? 1 : 0;
  while (digits.size() - sign <= scale) digits.insert(sign, "0");
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  return digits;
}

// The i-th element of a column, in the one field that its type uses.
std::string Element(const v1::Column& column, int i) {
  switch (column.type().kind()) {
    case v1::KIND_BOOL:
      return column.bools(i) ? "true" : "false";
    case v1::KIND_INT32:
      return std::to_string(column.int32s(i));
    case v1::KIND_INT64:
    case v1::KIND_TIMESTAMP:  // Microseconds since 1970-01-01T00:00:00Z.
      return std::to_string(column.int64s(i));
    case v1::KIND_DECIMAL:
      return Decimal(column.int64s(i), column.type().scale());
    case v1::KIND_FLOAT:
      return Shortest(column.floats(i));
    case v1::KIND_DOUBLE:
      return Shortest(column.doubles(i));
    case v1::KIND_STRING:
    case v1::KIND_BYTES: {
      // All values one after the other, and where each ends.
      const uint32_t begin = i == 0 ? 0 : column.ends(i - 1);
      const std::string bytes =
          column.blob().substr(begin, column.ends(i) - begin);
      return column.type().kind() == v1::KIND_STRING ? bytes
                                                     : Hexadecimal(bytes);
    }
    default:
      return "(of a kind that is newer than this program)";
  }
}

// The value of a row: an element, or for lists the elements of its slice.
std::string Value(const v1::Column& column, int row) {
  const int fixed = static_cast<int>(column.type().fixed_length());
  if (fixed == 0 && !column.type().list()) return Element(column, row);
  int begin = row * fixed;
  int end = begin + fixed;
  if (fixed == 0) {
    begin = row == 0 ? 0 : static_cast<int>(column.list_ends(row - 1));
    end = static_cast<int>(column.list_ends(row));
  }
  std::string text;
  for (int i = begin; i < end; ++i) {
    const bool is_null =
        !column.null_elements().empty() && column.null_elements()[i] != 0;
    text += (i == begin ? "" : ", ");
    text += is_null ? "null" : Element(column, i);
  }
  return "[" + text + "]";
}

void Print(const std::vector<std::string>& keys,
           const v1::GetFeaturesResponse& reply) {
  for (size_t row = 0; row < keys.size(); ++row) {
    for (const v1::Column& column : reply.columns()) {
      // One byte says what a value is and why; missing, null, expired and
      // defaulted are four things.
      const int slot = column.shared() ? 0 : static_cast<int>(row);
      const auto status = static_cast<unsigned char>(column.statuses()[slot]);
      const auto state = static_cast<v1::State>(status & 15);
      const auto cause = static_cast<v1::Cause>(status >> 4);
      const bool has_value = state == v1::STATE_PRESENT ||
                             cause == v1::CAUSE_DEFAULTED ||
                             cause == v1::CAUSE_PARTIAL;
      std::string why = v1::State_Name(state).substr(sizeof "STATE_" - 1);
      // A later daemon may have causes that have no name here.
      if (v1::Cause_IsValid(cause) && cause != v1::CAUSE_NONE) {
        why += " " + v1::Cause_Name(cause).substr(sizeof "CAUSE_" - 1);
      }
      std::printf("%s\t%s\t%s\t%s\n", keys[row].c_str(), column.name().c_str(),
                  has_value ? Value(column, slot).c_str() : "-", why.c_str());
    }
  }
}

// What to do about an error, by its code. True: the same again may succeed.
bool Report(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      // Retried already, as the service config says.
      std::fprintf(stderr, "UNAVAILABLE, retried: %s\n",
                   status.error_message().c_str());
      return true;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      // No time is left: answer without these features.
      std::fprintf(stderr, "DEADLINE_EXCEEDED: %s\n",
                   status.error_message().c_str());
      return true;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      // Over a limit, or the daemon sheds load: retrying at once makes it
      // worse.
      std::fprintf(stderr, "RESOURCE_EXHAUSTED: %s\n",
                   status.error_message().c_str());
      return true;
    case grpc::StatusCode::NOT_FOUND:
      // No such view or feature; the message has the nearest names.
      std::fprintf(stderr, "NOT_FOUND: %s\n", status.error_message().c_str());
      return false;
    default:
      // INVALID_ARGUMENT and the rest: the program is wrong, not the time.
      std::fprintf(stderr, "error %d: %s\n",
                   static_cast<int>(status.error_code()),
                   status.error_message().c_str());
      return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr,
                 "usage: get_features ADDRESS FEATURE[,FEATURE...] JOIN_KEY "
                 "[TIMEOUT_MS]\n");
    return 64;
  }
  const auto stub = v1::OnlineService::NewStub(Connect(argv[1]));
  const auto timeout =
      std::chrono::milliseconds(argc > 4 ? std::atoi(argv[4]) : 1000);

  int code = 0;
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<std::string> keys = Split(line);
    v1::GetFeaturesRequest request;
    request.set_include_names(true);  // Names and types of the columns.
    for (const std::string& feature : Split(argv[2])) {
      request.add_features(feature);
    }
    if (!AddKeys(argv[3], keys, request)) {
      std::fprintf(stderr, "some values are numbers, some are not\n");
      return 64;
    }

    grpc::ClientContext context;  // One for each call.
    // Always: it bounds all attempts together, and the daemon's own work.
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    // While no daemon answers, as when it is restarted, wait for it until the
    // deadline. Without this such a call fails at once with UNAVAILABLE.
    context.set_wait_for_ready(true);
    v1::GetFeaturesResponse reply;
    const grpc::Status status = stub->GetFeatures(&context, request, &reply);
    if (status.ok()) {
      Print(keys, reply);
    } else {
      code = Report(status) ? 75 : 1;
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return code;
}
