// SPDX-License-Identifier: Apache-2.0
// Runs a script of Flink SQL in this process, until its last statement ends.
//
//   RunFlinkSql.java SCRIPT BROKERS [KEY=VALUE...]
//
// KEY=VALUE are settings of Flink's own.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

public class RunFlinkSql {
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    for (int i = 2; i < arguments.length; ++i) {
      String[] setting = arguments[i].split("=", 2);
      configuration.setString(setting[0], setting[1]);
    }
    TableEnvironment environment =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inStreamingMode()
                .withConfiguration(configuration)
                .build());
    String script =
        Files.readString(Path.of(arguments[0])).replace("${BROKERS}", arguments[1]);
    TableResult last = null;
    for (String statement : script.split(";\\s*\n")) {
      if (!statement.isBlank()) {
        last = environment.executeSql(statement);
      }
    }
    last.await();
  }
}
