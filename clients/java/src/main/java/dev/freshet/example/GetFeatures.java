// SPDX-License-Identifier: Apache-2.0
package dev.freshet.example;

import com.google.gson.Gson;
import com.google.protobuf.ByteString;
import dev.freshet.v1.Cause;
import dev.freshet.v1.Column;
import dev.freshet.v1.GetFeaturesRequest;
import dev.freshet.v1.GetFeaturesResponse;
import dev.freshet.v1.KeyColumn;
import dev.freshet.v1.Kind;
import dev.freshet.v1.OnlineServiceGrpc;
import dev.freshet.v1.State;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;

/**
 * Asks a Freshet daemon for features, as a model server in Java does.
 *
 * <pre>
 *   GetFeatures ADDRESS VIEW.FEATURE[,VIEW.FEATURE...] JOIN_KEY [TIMEOUT_MS]
 * </pre>
 *
 * Each line of standard input is a request: values of the join key, with commas
 * between them. Of each value of each feature it prints a line: key, feature,
 * value, state; after each request an empty line.
 */
public final class GetFeatures {
  private static final PrintStream OUT =
      new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private GetFeatures() {}

  /** What is retried, and how requests are spread: one file for all languages. */
  private static Map<String, ?> serviceConfig() throws IOException {
    try (InputStream in =
        GetFeatures.class.getResourceAsStream("/service_config.json")) {
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      @SuppressWarnings("unchecked")
      Map<String, ?> config = new Gson().fromJson(json, Map.class);
      return config;
    }
  }

  /**
   * One channel for the process, made once: it connects by itself, and again
   * after the connection broke.
   */
  private static ManagedChannel connect(String address) throws IOException {
    return Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
        // Retries of what failed with UNAVAILABLE, and requests in turn to all
        // the addresses of a name (dns:///features:7600).
        .defaultServiceConfig(serviceConfig())
        .enableRetry()
        // The daemon bounds its replies; gRPC's own 4 MiB are less than it
        // allows.
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  /**
   * The values of one join key, a row for each. A program of yours knows its
   * key's type; this one takes digits for an int64.
   */
  private static KeyColumn keyColumn(String name, List<String> values) {
    KeyColumn.Builder column = KeyColumn.newBuilder().setName(name);
    try {
      for (String value : values) {
        column.addInt64S(Long.parseLong(value));
      }
    } catch (NumberFormatException notAllNumbers) {
      column.clearInt64S().addAllStrings(values);
    }
    return column.build();
  }

  /** The i-th element of a column, in the one field that its type uses. */
  private static String element(Column column, int i) {
    Kind kind = column.getType().getKind();
    switch (kind) {
      case KIND_BOOL:
        return String.valueOf(column.getBools(i));
      case KIND_INT32:
        return String.valueOf(column.getInt32S(i));
      case KIND_INT64:
      case KIND_TIMESTAMP: // Microseconds since 1970-01-01T00:00:00Z.
        return String.valueOf(column.getInt64S(i));
      case KIND_DECIMAL: // 1850 of scale 2 is 18.50.
        return BigDecimal.valueOf(column.getInt64S(i), column.getType().getScale())
            .toPlainString();
      case KIND_FLOAT:
        return String.valueOf(column.getFloats(i));
      case KIND_DOUBLE:
        return String.valueOf(column.getDoubles(i));
      case KIND_STRING:
      case KIND_BYTES:
        // All values one after the other, and where each ends.
        int begin = i == 0 ? 0 : column.getEnds(i - 1);
        ByteString bytes = column.getBlob().substring(begin, column.getEnds(i));
        return kind == Kind.KIND_STRING
            ? bytes.toStringUtf8()
            : "0x" + HexFormat.of().formatHex(bytes.toByteArray());
      default:
        return "(of a kind that is newer than this program)";
    }
  }

  /** The value of a row: an element, or for lists the elements of its slice. */
  private static String value(Column column, int row) {
    int fixed = column.getType().getFixedLength();
    if (fixed == 0 && !column.getType().getList()) {
      return element(column, row);
    }
    int begin = row * fixed;
    int end = begin + fixed;
    if (fixed == 0) {
      begin = row == 0 ? 0 : column.getListEnds(row - 1);
      end = column.getListEnds(row);
    }
    StringJoiner text = new StringJoiner(", ", "[", "]");
    ByteString nulls = column.getNullElements();
    for (int i = begin; i < end; i++) {
      boolean isNull = !nulls.isEmpty() && nulls.byteAt(i) != 0;
      text.add(isNull ? "null" : element(column, i));
    }
    return text.toString();
  }

  private static void print(List<String> keys, GetFeaturesResponse reply) {
    for (int row = 0; row < keys.size(); row++) {
      for (Column column : reply.getColumnsList()) {
        // One byte says what a value is and why; missing, null, expired and
        // defaulted are four things.
        int slot = column.getShared() ? 0 : row;
        int status = column.getStatuses().byteAt(slot) & 0xff;
        State state = State.forNumber(status & 15);
        Cause cause = Cause.forNumber(status >> 4);
        boolean hasValue =
            state == State.STATE_PRESENT
                || cause == Cause.CAUSE_DEFAULTED
                || cause == Cause.CAUSE_PARTIAL;
        String why = String.valueOf(state).replace("STATE_", "");
        if (cause != Cause.CAUSE_NONE) {
          why += " " + String.valueOf(cause).replace("CAUSE_", "");
        }
        OUT.println(String.join("\t", keys.get(row), column.getName(),
            hasValue ? value(column, slot) : "-", why));
      }
    }
  }

  /** What to do about an error, by its code, and how to end. */
  private static int report(StatusRuntimeException error) {
    String message = error.getStatus().getDescription();
    switch (error.getStatus().getCode()) {
      case UNAVAILABLE:
        // Retried already, as the service config says.
        System.err.println("UNAVAILABLE, retried: " + message);
        return 75;
      case DEADLINE_EXCEEDED:
        // No time is left: answer without these features.
        System.err.println("DEADLINE_EXCEEDED: " + message);
        return 75;
      case RESOURCE_EXHAUSTED:
        // Over a limit, or the daemon sheds load: retrying at once makes it
        // worse.
        System.err.println("RESOURCE_EXHAUSTED: " + message);
        return 75;
      case NOT_FOUND:
        // No such view or feature; the message has the nearest names.
        System.err.println("NOT_FOUND: " + message);
        return 1;
      default:
        // INVALID_ARGUMENT and the rest: the program is wrong, not the time.
        System.err.println(error.getStatus().getCode() + ": " + message);
        return 1;
    }
  }

  /** Asks for the keys of each line; says how to end. */
  private static int run(ManagedChannel channel, String[] arguments)
      throws IOException {
    int timeoutMs = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 1000;
    // While no daemon answers, as when it is restarted, wait for it until the
    // deadline. Without this such a call fails at once with UNAVAILABLE.
    OnlineServiceGrpc.OnlineServiceBlockingStub stub =
        OnlineServiceGrpc.newBlockingStub(channel).withWaitForReady();
    BufferedReader lines = new BufferedReader(
        new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int code = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<String> keys = List.of(line.split(","));
      GetFeaturesRequest request = GetFeaturesRequest.newBuilder()
          .addAllFeatures(List.of(arguments[1].split(",")))
          .addKeys(keyColumn(arguments[2], keys))
          .setIncludeNames(true) // Names and types of the columns.
          .build();
      try {
        // Always a deadline: it bounds all attempts together, and the daemon's
        // own work. It is a moment: set it for each call.
        print(keys, stub.withDeadlineAfter(timeoutMs, TimeUnit.MILLISECONDS)
            .getFeatures(request));
      } catch (StatusRuntimeException error) {
        code = report(error);
      }
      OUT.println();
    }
    return code;
  }

  public static void main(String[] arguments)
      throws IOException, InterruptedException {
    if (arguments.length < 3 || arguments.length > 4) {
      System.err.println("usage: GetFeatures ADDRESS FEATURE[,FEATURE...] "
          + "JOIN_KEY [TIMEOUT_MS]");
      System.exit(64);
    }
    ManagedChannel channel = connect(arguments[0]);
    int code = run(channel, arguments);
    channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    System.exit(code);
  }
}
