"""Sends transactions by librdkafka, the client of C, Python, Go and .NET programs.

Arguments: the brokers and the topic. Standard input: transactions as JSON, a list of {"values": [...], "ending": "commit" | "abort"}.
All messages go to partition 0. Each message of a transaction is at the broker before the transaction ends.
"""
import json
import sys
import uuid

from confluent_kafka import Producer

brokers, topic = sys.argv[1:]
producer = Producer({"bootstrap.servers": brokers, "transactional.id": str(uuid.uuid4())})
producer.init_transactions(30)
for transaction in json.load(sys.stdin):
    producer.begin_transaction()
    for value in transaction["values"]:
        producer.produce(topic, value.encode(), partition=0)
    producer.flush(30)
    if transaction["ending"] == "commit":
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)
