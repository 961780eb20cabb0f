"""Sends by the client library of another product: senders.py LIBRARY URL KEY. Prints what the library returns, as JSON."""

import json
import os
import sys

sys.path.insert(0, os.environ["SENDERS_PATH"])
library, url, key = sys.argv[1:]


def pagerduty():
    from pagerduty import EventsApiV2Client

    client = EventsApiV2Client(key)
    # It insists on https, which the service of a test does not have.
    client._url = f"{url}/pagerduty"
    named = client.trigger("The disk is full", "db-1", dedup_key="library", custom_details={"free": 0})
    generated = client.trigger("Without a key", "db-2", severity="warning")
    client.acknowledge(named)
    client.resolve(generated)
    # Its own time is a fault of version 7.2.0.
    client.submit("Build Success", source="ci", timestamp="2026-11-20T10:00:00Z")
    try:
        client.send_event("trigger", payload={"source": "no summary"})
    except Exception as error:
        return [named, generated, type(error).__name__, error.response.status_code, error.response.json()]


def pdpyras():
    from pdpyras import ChangeEventsAPISession, EventsAPISession, PDClientError

    client = EventsAPISession(key)
    client.url = f"{url}/pagerduty"
    named = client.trigger("The disk is full", "db-1", dedup_key="library")
    client.resolve(named)
    changes = ChangeEventsAPISession(key)
    changes.url = client.url
    changes.submit("Build Success", source="ci")
    try:
        client.send_event("trigger", payload={"source": "no summary"})
    except PDClientError as error:
        return [named, error.response.status_code]


def opsgenie_sdk():
    from opsgenie_sdk import (
        AcknowledgeAlertPayload,
        AddNoteToAlertPayload,
        AlertApi,
        ApiClient,
        CloseAlertPayload,
        Configuration,
        CreateAlertPayload,
    )

    configuration = Configuration()
    configuration.host = f"{url}/opsgenie"
    configuration.api_key["Authorization"] = key
    alerts = AlertApi(ApiClient(configuration))
    created = alerts.create_alert(
        CreateAlertPayload(message="The disk is full", alias="disk full/db-1", description="No byte is left", priority="P1")
    )
    by_alias = {"identifier_type": "alias"}
    alerts.acknowledge_alert(
        "disk full/db-1", acknowledge_alert_payload=AcknowledgeAlertPayload(user="Anna"), **by_alias
    )
    alerts.add_note("disk full/db-1", AddNoteToAlertPayload(note="looking"), **by_alias)
    alerts.close_alert(created.request_id, close_alert_payload=CloseAlertPayload(note="done"))
    return [created.result, created.request_id]


def apprise():
    import apprise as library
    from apprise.plugins import opsgenie, pagerduty

    # They know no other addresses.
    for region in opsgenie.OPSGENIE_API_LOOKUP:
        opsgenie.OPSGENIE_API_LOOKUP[region] = f"{url}/opsgenie/v2/alerts"
    for region in pagerduty.PAGERDUTY_API_LOOKUP:
        pagerduty.PAGERDUTY_API_LOOKUP[region] = f"{url}/pagerduty/v2/enqueue"
    results = []
    for plugin in (
        # It sends an unrelated Authorization beside the key in the body.
        pagerduty.NotifyPagerDuty(integrationkey=key, apikey="unrelated", source="apprise", component="disk"),
        opsgenie.NotifyOpsgenie(apikey=key, targets=[], entity="disk"),
    ):
        plugin.request_rate_per_sec = 0
        results.append(plugin.notify(body="No byte is left", title="Disk", notify_type=library.NotifyType.FAILURE))
    # It closes by the requestId of the answer to the creation.
    results.append(plugin.notify(body="Room again", title="Disk", notify_type=library.NotifyType.SUCCESS))
    return results


def cloudevents():
    import requests
    from cloudevents.core.bindings.http import to_binary_event, to_structured_event
    from cloudevents.core.v1.event import CloudEvent

    def event(number, data, content_type):
        attributes = {
            "id": f"sdk-{number}",
            "source": "/sdk",
            "type": "com.example.sdk",
            "specversion": "1.0",
            "subject": "Диск заполнен",
            "datacontenttype": content_type,
        }
        return CloudEvent(attributes=attributes, data=data)

    messages = [
        to_structured_event(event(1, {"error": "disk full"}, "application/json")),
        to_binary_event(event(2, {"error": "disk full"}, "application/json")),
        to_binary_event(event(3, "disk full", "text/plain")),
        to_structured_event(event(3, "disk full", "text/plain")),
    ]
    answers = [
        requests.post(
            f"{url}/cloudevents", headers={**message.headers, "X-Access-Key": key}, data=message.body, timeout=10
        )
        for message in messages
    ]
    return [[answer.status_code, answer.json()["created"], answer.json()["duplicate"]] for answer in answers]


print(json.dumps(globals()[library]()))
