// SPDX-License-Identifier: Apache-2.0
// Gives a partition these replicas, the preferred leader first:
//   java -cp "lib/*" ReassignPartition.java BROKERS TOPIC PARTITION NODE...
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;

class ReassignPartition {
  public static void main(String[] arguments) throws Exception {
    List<Integer> nodes = new ArrayList<>();
    for (int i = 3; i < arguments.length; ++i) {
      nodes.add(Integer.valueOf(arguments[i]));
    }
    TopicPartition partition =
        new TopicPartition(arguments[1], Integer.parseInt(arguments[2]));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
      admin
          .alterPartitionReassignments(
              Map.of(partition, Optional.of(new NewPartitionReassignment(nodes))))
          .all()
          .get();
    }
  }
}
