# SPDX-License-Identifier: Apache-2.0
"""KafkaReader and KafkaWriter against a real broker: what librdkafka's mock,
which tests/ingest uses, does not know."""

import unittest

from kafka_broker import KafkaCluster, wait_for
from kafka_probe import Reading, Writing

NOV_2013 = 1_385_000_000_000  # Milliseconds.


def numbers(first, count):
    return [str(i).encode() for i in range(first, first + count)]


def texts(first, count):
    return [str(i) for i in range(first, first + count)]


class KafkaTest(unittest.TestCase):
    """One cluster for all tests of a class; a topic each."""

    nodes = 1

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(cls.nodes)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        self.topic = self._testMethodName
        self.addCleanup(self._show_log_of_a_failure)

    def _show_log_of_a_failure(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            print(self.cluster.log())

    def read(self, *arguments, **settings):
        reading = Reading(self.cluster, self.topic, *arguments, **settings)
        self.addCleanup(reading.close)
        return reading

    def expect_no_doubt(self, reading):
        for kind in ("gap", "changed", "unverified"):
            self.assertEqual(reading.events(kind), [], kind)


class OneBrokerTest(KafkaTest):

    def test_all_partitions_are_read_from_the_earliest(self):
        self.cluster.create_topic(self.topic, 4)
        for partition in range(4):
            self.cluster.produce(self.topic, numbers(100 * partition, 50),
                                 partition)
        reading = self.read()
        reading.wait_for_records(200)
        for partition in range(4):
            self.assertEqual(reading.values(partition),
                             texts(100 * partition, 50))
            self.assertEqual(reading.offsets(partition), list(range(50)))
        self.assertEqual(len(reading.events("started")), 4)
        self.expect_no_doubt(reading)
        state = reading.state()["state"]
        self.assertEqual([one["lag"] for one in state], [0] * 4)
        self.assertTrue(all(0 <= one["contact_age_ms"] < 5000
                            for one in state), state)

    def test_rule20_no_group_is_joined_and_nothing_is_committed(self):
        self.cluster.create_topic(self.topic)
        self.cluster.produce(self.topic, numbers(0, 5))
        reading = self.read()
        reading.wait_for_records(5)
        reading.close()
        groups = self.cluster.admin.list_consumer_groups().result()
        self.assertEqual(groups.valid, [])

    def test_partitions_that_are_added_are_read_whole(self):
        self.cluster.create_topic(self.topic, 1)
        reading = self.read({"at": "latest"})
        reading.wait_for_event("started")
        self.cluster.add_partitions(self.topic, 3)
        for partition in range(3):
            self.cluster.produce(self.topic, numbers(10 * partition, 5),
                                 partition)
        reading.wait_for_records(15)
        for partition in range(3):
            self.assertEqual(reading.values(partition),
                             texts(10 * partition, 5))
        self.assertEqual({one["partition"]
                          for one in reading.events("appeared")}, {1, 2})

    def test_what_was_stored_is_verified_and_read_on(self):
        self.cluster.create_topic(self.topic, 2)
        self.cluster.produce(self.topic, numbers(0, 5), 0)
        self.cluster.produce(self.topic, numbers(50, 5), 1)
        first = self.read()
        first.wait_for_records(10)
        first.close()
        self.cluster.produce(self.topic, numbers(5, 5), 0)

        second = self.read(stored=first.ends())
        second.wait_for_records(5)
        second.wait_for_event("verified", 2)
        self.assertEqual(second.values(0), texts(5, 5))
        self.assertEqual(second.values(1), [])
        self.expect_no_doubt(second)

    def test_rule21_retention_past_what_was_stored_is_a_gap(self):
        self.cluster.create_topic(self.topic)
        self.cluster.produce(self.topic, numbers(0, 10))
        first = self.read()
        first.wait_for_records(10)
        first.close()
        self.cluster.produce(self.topic, numbers(10, 10))
        self.cluster.delete_records(self.topic, 0, 15)

        second = self.read(stored=first.ends())
        gap = second.wait_for_event("gap")[0]
        self.assertEqual((gap["wanted"], gap["first"], gap["end"]),
                         (10, 15, 20))
        self.assertTrue(second.state()["state"][0]["stopped"])
        self.assertEqual(second.values(), [])
        second.restart({"at": "earliest"})
        second.wait_for_records(5)
        self.assertEqual(second.values(), texts(15, 5))

    def test_retention_up_to_what_was_stored_loses_nothing(self):
        self.cluster.create_topic(self.topic)
        self.cluster.produce(self.topic, numbers(0, 10))
        first = self.read()
        first.wait_for_records(10)
        first.close()
        self.cluster.delete_records(self.topic, 0, 10)
        self.cluster.produce(self.topic, numbers(10, 3))

        second = self.read(stored=first.ends())
        second.wait_for_records(3)
        self.assertEqual(second.values(), texts(10, 3))
        self.assertEqual(len(second.events("unverified")), 1)
        self.assertEqual(second.events("gap"), [])

    def remake(self, first, count):
        self.cluster.delete_topic(self.topic)
        self.cluster.create_topic(self.topic)
        self.cluster.produce(self.topic, numbers(first, count))

    def test_rule21_a_topic_made_anew_between_runs_is_told(self):
        """With a log that is shorter, and one that is longer, than it was."""
        for count in (3, 30):
            self.topic = f"made_anew_{count}"
            self.cluster.create_topic(self.topic)
            self.cluster.produce(self.topic, numbers(0, 10))
            first = self.read()
            first.wait_for_records(10)
            first.close()
            self.remake(100, count)

            second = self.read(stored=first.ends())
            changed = second.wait_for_event("changed")[0]
            self.assertEqual((changed["wanted"], changed["end"]), (10, count))
            self.assertEqual(second.values(), [])
            second.restart({"at": "earliest"})
            second.wait_for_records(count)
            self.assertEqual(second.values(), texts(100, count))

    def test_a_topic_made_anew_while_it_is_read_is_told(self):
        """Its log is shorter, and then longer, than what was read."""
        for count in (3, 30):
            self.topic = f"made_anew_running_{count}"
            self.cluster.create_topic(self.topic)
            self.cluster.produce(self.topic, numbers(0, 10))
            reading = self.read(metadata_interval_ms=200)
            reading.wait_for_records(10)
            self.cluster.delete_topic(self.topic)
            reading.wait_for_event("missing")
            self.cluster.create_topic(self.topic)
            self.cluster.produce(self.topic, numbers(100, count))

            changed = reading.wait_for_event("changed")[0]
            self.assertEqual(changed["wanted"], 10)
            self.assertEqual(reading.values(), texts(0, 10))
            reading.restart({"at": "earliest"})
            reading.wait_for_records(10 + count)
            self.assertEqual(reading.values(), texts(0, 10) +
                             texts(100, count))

    def test_a_topic_made_anew_at_once_and_shorter_is_told(self):
        """Also where no look at the topic finds it missing."""
        self.cluster.create_topic(self.topic)
        self.cluster.produce(self.topic, numbers(0, 10))
        reading = self.read(metadata_interval_ms=60_000)
        reading.wait_for_records(10)
        self.remake(100, 3)
        self.assertEqual(reading.wait_for_event("changed")[0]["wanted"], 10)
        self.assertEqual(reading.values(), texts(0, 10))

    def test_aborted_transactions_are_not_seen(self):
        self.cluster.create_topic(self.topic)
        self.cluster.transaction(self.topic, numbers(0, 5))
        self.cluster.transaction(self.topic, numbers(100, 5), commit=False)
        self.cluster.transaction(self.topic, numbers(5, 5))
        reading = self.read()
        reading.wait_for_records(10)
        self.assertEqual(reading.values(), texts(0, 10))
        # Three marks and the aborted five are passed over: no lag is left.
        reading.wait("no lag",
                     lambda: reading.state()["state"][0]["lag"] == 0)
        self.assertEqual(reading.state()["state"][0]["position"], 18)

        again = self.read(stored=reading.ends())
        again.wait_for_event("verified")
        self.cluster.transaction(self.topic, numbers(10, 1))
        again.wait_for_records(1)
        self.assertEqual(again.values(), texts(10, 1))

    def test_a_time_is_a_start(self):
        self.cluster.create_topic(self.topic, 2)
        self.cluster.produce(self.topic, numbers(0, 10), 0,
                             timestamp=NOV_2013)
        self.cluster.produce(self.topic, numbers(50, 3), 1,
                             timestamp=NOV_2013 - 100)
        reading = self.read({"time": (NOV_2013 + 6) * 1000})
        reading.wait_for_event("started", 2)
        reading.wait_for_records(4)
        self.assertEqual(reading.values(0), texts(6, 4))
        self.assertEqual(reading.lines("record")[0]["micros"],
                         (NOV_2013 + 6) * 1000)
        # Nothing so late there, so what comes is read.
        self.cluster.produce(self.topic, numbers(60, 1), 1)
        reading.wait_for_records(5)
        self.assertEqual(reading.values(1), ["60"])

    def test_a_compacted_record_is_no_gap(self):
        self.cluster.create_topic(
            self.topic, cleanup_policy="compact", segment_ms=100,
            min_cleanable_dirty_ratio=0.01, delete_retention_ms=0,
            min_compaction_lag_ms=0, max_compaction_lag_ms=100)
        self.cluster.produce(self.topic, numbers(0, 5), key=b"k")
        first = self.read()
        first.wait_for_records(5)
        first.close()

        def compacted():
            # A new segment, so that the older ones may be cleaned.
            self.cluster.produce(self.topic, [b"new"], key=b"k")
            return b"4" not in self.cluster.consume(self.topic)

        first_values = self.cluster.consume(self.topic)
        self.assertIn(b"4", first_values)
        wait_for("compaction", compacted)
        second = self.read(stored=first.ends())
        second.wait_for_event("unverified")
        second.wait_for_records(1)
        self.assertEqual(set(second.values()), {"new"})
        self.assertEqual(second.events("gap") + second.events("changed"), [])

    def test_a_broker_that_starts_again_costs_no_record(self):
        for how in (self.cluster.stop, self.cluster.kill):
            self.topic = f"restart_{how.__name__}"
            self.cluster.create_topic(self.topic, 2)
            self.cluster.produce(self.topic, numbers(0, 20), 0)
            reading = self.read()
            reading.wait_for_records(20)
            how()
            reading.wait("error", lambda: reading.state()["error"] != "OK")
            # It ends soon, too, when there is nobody to say goodbye to.
            self.assertLess(self.read().close(), 10)
            self.cluster.start()
            self.cluster.produce(self.topic, numbers(20, 20), 0)
            self.cluster.produce(self.topic, numbers(100, 20), 1)
            reading.wait_for_records(60)
            self.assertEqual(reading.values(0), texts(0, 40))
            self.assertEqual(reading.values(1), texts(100, 20))
            self.expect_no_doubt(reading)
            self.assertEqual(reading.state()["error"], "OK")

    def test_a_write_waits_for_a_broker_that_starts_again(self):
        self.cluster.create_topic(self.topic)
        writing = Writing(self.cluster)
        self.addCleanup(writing.close)
        writing.begin(self.topic, texts(0, 5))
        writing.outcomes(1)
        self.cluster.kill()
        writing.begin(self.topic, texts(5, 5), timeout_ms=100)
        late = writing.outcomes(2)[5:]
        self.assertTrue(all("DEADLINE_EXCEEDED" in one["status"]
                            for one in late), late)
        writing.begin(self.topic, texts(10, 5))
        self.cluster.start()
        outcomes = writing.outcomes(3)
        self.assertEqual([one["status"] for one in outcomes[10:]], ["OK"] * 5)
        self.assertEqual(self.cluster.consume(self.topic), numbers(0, 15))
        self.assertEqual([one["offset"] for one in outcomes[10:]],
                         list(range(10, 15)))


class ThreeBrokersTest(KafkaTest):
    nodes = 3

    def test_leaders_move_and_a_broker_dies_without_loss(self):
        self.cluster.create_topic(self.topic, 1, min_insync_replicas=2)
        writing = Writing(self.cluster)
        self.addCleanup(writing.close)
        reading = self.read()
        written = 0

        def write_some():
            nonlocal written
            writing.begin(self.topic, texts(written, 50))
            written += 50

        write_some()
        reading.wait_for_records(50)
        leader = self.cluster.leader(self.topic)
        for node in (leader % 3 + 1, (leader + 1) % 3 + 1):
            write_some()
            self.cluster.move_leader(self.topic, 0, node)
            write_some()
        leader = self.cluster.leader(self.topic)
        self.cluster.kill(leader)
        write_some()
        reading.wait_for_records(written)
        self.cluster.start(leader)
        write_some()
        reading.wait_for_records(written)

        outcomes = writing.outcomes(written // 50)
        self.assertEqual({one["status"] for one in outcomes}, {"OK"})
        self.assertEqual([one["offset"] for one in outcomes],
                         list(range(written)))
        self.assertEqual(reading.values(), texts(0, written))
        self.expect_no_doubt(reading)


if __name__ == "__main__":
    unittest.main()
