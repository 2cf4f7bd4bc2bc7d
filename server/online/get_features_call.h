// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/online/call_scratch.h"

namespace grpc {
class ByteBuffer;
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace freshet {

class LiveSettings;
class ReadPool;
class SlowLog;
struct MethodStats;

// What a call needs of the daemon. All outlive the calls.
struct CallParts {
  QueryParts query;
  CallScratchPool* scratch;
  ReadPool* reads;
  const LiveSettings* settings;
  MethodStats* stats;
  SlowLog* slow_log;
};

// Answers one GetFeatures: at once if all rows are in memory, else on a thread
// that may wait for the disk. When that thread is not back shortly before the
// deadline, the call is answered with what is in memory, the rest as
// SOURCE_TIMEOUT, and the read goes on without it.
grpc::ServerUnaryReactor* StartGetFeatures(const CallParts& parts,
                                           grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response);

}  // namespace freshet
