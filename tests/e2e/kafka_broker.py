# SPDX-License-Identifier: Apache-2.0
"""A real Kafka cluster on loopback for a test: Apache Kafka in KRaft mode, one
broker or several, which scripts/setup.sh put into .deps/kafka.

What writes and reads here is confluent-kafka with a librdkafka of its own, not
the one under test.
"""

import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid

import confluent_kafka
from confluent_kafka import admin

from object_store import free_ports

TOP = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = TOP / ".deps" / "kafka" / "lib"
PATIENCE_S = 120  # For what takes some seconds on an idle machine.

# One processor's worth of collecting and compiling is enough for a test.
JAVA = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true"]


def wait_for(what, done, give_up=lambda: None):
    """Until `done` returns something true, which is returned. What it raises
    counts as not yet; what `give_up` raises ends the wait."""
    deadline = time.monotonic() + PATIENCE_S
    error = None
    while True:
        give_up()
        try:
            result = done()
            if result:
                return result
        except (confluent_kafka.KafkaException, OSError) as caught:
            error = caught
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} in {PATIENCE_S} s: {error}")
        time.sleep(0.1)


class _Node:
    """One broker, which is a controller as well."""

    def __init__(self, number, directory, port, controller_port):
        self.number = number
        self.directory = directory
        self.address = f"127.0.0.1:{port}"
        self.controller = f"127.0.0.1:{controller_port}"
        self.process = None
        self._properties = directory / "server.properties"

    def configure(self, voters, nodes, settings):
        self.directory.mkdir()
        replicas = min(nodes, 3)
        values = {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "controller.quorum.voters": voters,
            "listeners":
                f"PLAINTEXT://{self.address},CONTROLLER://{self.controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "listener.security.protocol.map":
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self.directory / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 16777216,
            "log.retention.check.interval.ms": 500,
            # What is deleted makes room at once.
            "log.segment.delete.delay.ms": 100,
            # A broker that was killed is missed soon.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            **settings}
        self._properties.write_text(
            "".join(f"{name}={value}\n" for name, value in values.items()))

    def format(self, cluster_id):
        return subprocess.Popen(
            [*JAVA, "-cp", f"{LIBRARY}/*", "kafka.tools.StorageTool", "format",
             "-t", cluster_id, "-c", self._properties],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def start(self):
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *JAVA, "-cp",
                 f"{LIBRARY}/*", "kafka.Kafka", self._properties],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, signal_number):
        if self.process is None:
            return
        self.process.send_signal(signal_number)
        self.process.wait(PATIENCE_S)
        self.process = None

    def is_dead(self):
        return self.process is not None and self.process.poll() is not None

    def log(self):
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""


class KafkaCluster:
    """`nodes` brokers, numbered from 1, with no topic; `settings` are added to
    each one's server.properties."""

    def __init__(self, nodes=1, settings=None):
        if not LIBRARY.is_dir():
            raise AssertionError(f"no {LIBRARY}: run scripts/setup.sh test")
        self.directory = pathlib.Path(
            tempfile.mkdtemp(prefix="freshet-kafka-"))
        ports = free_ports(2 * nodes)
        self._nodes = {
            i + 1: _Node(i + 1, self.directory / str(i + 1), ports[2 * i],
                         ports[2 * i + 1]) for i in range(nodes)}
        self.bootstrap = ",".join(
            node.address for node in self._nodes.values())
        voters = ",".join(f"{node.number}@{node.controller}"
                          for node in self._nodes.values())
        try:
            for node in self._nodes.values():
                node.configure(voters, nodes, settings or {})
            self._format()
            for node in self._nodes.values():
                node.start()
            self._client = {"bootstrap.servers": self.bootstrap,
                            "reconnect.backoff.max.ms": 500,
                            "log_level": 0}
            self.admin = admin.AdminClient(self._client)
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _format(self):
        cluster_id = uuid.uuid4().hex[:22]
        running = [node.format(cluster_id) for node in self._nodes.values()]
        try:
            for process in running:
                output, _ = process.communicate(timeout=PATIENCE_S)
                if process.returncode != 0:
                    raise AssertionError(output.decode(errors="replace"))
        finally:
            for process in running:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _check_alive(self):
        for node in self._nodes.values():
            if node.is_dead():
                raise AssertionError(f"broker {node.number} has ended:\n"
                                     f"{node.log()[-4000:]}")

    def wait_until_ready(self):
        """All brokers that run answer, and are all that are in the cluster."""
        running = {number: node for number, node in self._nodes.items()
                   if node.process is not None}

        def ready():
            # One that was killed is in the cluster until it is missed.
            for node in running.values():
                host, port = node.address.split(":")
                socket.create_connection((host, int(port)), 5).close()
            return set(self._metadata().brokers) == set(running)

        wait_for("cluster", ready, self._check_alive)

    def _metadata(self, topic=None):
        return self.admin.list_topics(topic, timeout=5)

    # Brokers.

    def stop(self, node=1):
        """In order: it hands over what it leads."""
        self._nodes[node].end(signal.SIGTERM)

    def kill(self, node=1):
        self._nodes[node].end(signal.SIGKILL)

    def start(self, node=1):
        """Again, on the same data and address."""
        self._nodes[node].start()
        self.wait_until_ready()

    def log(self):
        return "\n".join(f"-- broker {node.number}\n{node.log()[-4000:]}"
                         for node in self._nodes.values())

    def close(self):
        for node in self._nodes.values():
            node.end(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    # Topics.

    def create_topic(self, topic, partitions=1, **config):
        """`config`: cleanup_policy="compact" for cleanup.policy."""
        config = {name.replace("_", "."): str(value)
                  for name, value in config.items()}
        self._done(self.admin.create_topics(
            [admin.NewTopic(topic, partitions, config=config)]))
        self._wait_for_partitions(topic, partitions)

    def delete_topic(self, topic):
        self._done(self.admin.delete_topics([topic]))
        wait_for(f"end of topic {topic}",
                 lambda: topic not in self._metadata().topics)

    def add_partitions(self, topic, total):
        self._done(self.admin.create_partitions(
            [admin.NewPartitions(topic, total)]))
        self._wait_for_partitions(topic, total)

    def delete_records(self, topic, partition, before):
        """As retention would: the log begins at `before` from now on."""
        self._done(self.admin.delete_records(
            [confluent_kafka.TopicPartition(topic, partition, before)]))

    def leader(self, topic, partition=0):
        return self._metadata(topic).topics[topic].partitions[
            partition].leader

    def move_leader(self, topic, partition, node):
        """`node` leads the partition. Requires: it is one of the replicas."""
        replicas = self._metadata(topic).topics[topic].partitions[
            partition].replicas
        order = [node] + [one for one in replicas if one != node]
        # Not Kafka's own command: it has the brokers look up the mount points
        # of their directories, and in a chroot they have none.
        subprocess.run(
            [*JAVA, "-cp", f"{LIBRARY}/*",
             pathlib.Path(__file__).with_name("ReassignPartition.java"),
             self.bootstrap, topic, str(partition), *map(str, order)],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            timeout=PATIENCE_S)

        def elected():
            self.admin.elect_leaders(
                confluent_kafka.ElectionType.PREFERRED,
                [confluent_kafka.TopicPartition(topic, partition)]).result()
            return self.leader(topic, partition) == node

        wait_for(f"broker {node} as leader", elected)

    def _wait_for_partitions(self, topic, count):
        def led():
            found = self._metadata(topic).topics[topic].partitions
            return len(found) == count and all(
                one.leader in self._nodes for one in found.values())

        wait_for(f"leaders of {topic}", led)

    @staticmethod
    def _done(futures):
        for future in futures.values():
            future.result(PATIENCE_S)

    # Records.

    def produce(self, topic, values, partition=0, key=None, timestamp=0):
        """Each of `values` (bytes; None: a tombstone), acknowledged by all.
        `timestamp`: milliseconds of the first, counted up; 0: now."""
        self.produce_with({}, topic, values, partition, key, timestamp)

    def produce_with(self, settings, topic, values, partition=0, key=None,
                     timestamp=0):
        self._fill(self.producer(settings), topic, values, partition, key,
                   timestamp)

    def produce_records(self, topic, records):
        """Each of `records`: what is given to confluent_kafka's `produce`."""
        self._fill_records(self.producer(), topic, records)

    def producer(self, settings=None):
        """One whose records are acknowledged by all, each written once."""
        return confluent_kafka.Producer(
            {**self._client, "acks": "all", "enable.idempotence": True,
             "linger.ms": 0, **(settings or {})})

    def transaction(self, topic, values, partition=0, commit=True):
        """`values` in one transaction, which is committed or aborted."""
        producer = confluent_kafka.Producer(
            {**self._client, "transactional.id": uuid.uuid4().hex})
        producer.init_transactions(PATIENCE_S)
        producer.begin_transaction()
        self._fill(producer, topic, values, partition, None, 0)
        if commit:
            producer.commit_transaction(PATIENCE_S)
        else:
            producer.abort_transaction(PATIENCE_S)

    @classmethod
    def _fill(cls, producer, topic, values, partition, key, timestamp):
        cls._fill_records(producer, topic, (
            {"value": value, "key": key, "partition": partition,
             "timestamp": timestamp + i if timestamp else 0}
            for i, value in enumerate(values)))

    @staticmethod
    def _fill_records(producer, topic, records):
        failed = []

        def report(error, _):
            if error is not None:
                failed.append(error)

        for record in records:
            while True:
                try:
                    producer.produce(topic, on_delivery=report, **record)
                    break
                except BufferError:
                    producer.poll(0.1)
        left = producer.flush(PATIENCE_S)
        if failed or left:
            raise AssertionError(f"{left} not written; {failed[:3]}")

    def consume(self, topic, partition=0):
        """Values of a partition from its beginning to its present end."""
        consumer = confluent_kafka.Consumer(
            {**self._client, "group.id": "none", "enable.auto.commit": False,
             "enable.partition.eof": True})
        try:
            consumer.assign([confluent_kafka.TopicPartition(
                topic, partition, confluent_kafka.OFFSET_BEGINNING)])
            values, deadline = [], time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                message = consumer.poll(1)
                if message is None:
                    continue
                if message.error() is None:
                    values.append(message.value())
                elif (message.error().code() ==
                      confluent_kafka.KafkaError._PARTITION_EOF):
                    return values
            raise AssertionError(f"no end of {topic} [{partition}] in time")
        finally:
            consumer.close()
