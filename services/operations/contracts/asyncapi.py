"""The AsyncAPI 3 document: every channel, operation and message; the payloads stand in the schema files beside it.

It is written from our side: we send events, and receive commands and queries, which we reply to. Who may call and
how we may refuse are extensions (`x-roles`, `x-refusals`), since AsyncAPI has no word for them.
"""

from typing import Any

import contracts
from contracts.topology import EventSpec, Topology
from services.operations.contracts.catalogue import CallGroup, Document, Kind, call_groups, documents, event_document

FILE = "asyncapi"
CLOUDEVENTS = "application/cloudevents+json"

Part = dict[str, Any]

_DESCRIPTION = """\
Sự kiện, lệnh và truy vấn của Tiếp Sức trên NATS. / The events, commands and queries of Tiếp Sức on NATS.

Sự kiện là CloudEvents 1.0, mỗi chủ sở hữu một luồng JetStream; mã tỉnh là phần cuối của chủ đề (`00`: không thuộc
tỉnh nào). Lệnh và truy vấn là request/reply; trả lời luôn là một kết quả hoặc một lời từ chối có mã ổn định.

Events are CloudEvents 1.0, one JetStream stream for each owner; the last word of a subject is the province (`00`:
none). Commands and queries are request/reply; the answer is always a result or a refusal with a stable code."""


def document(topology: Topology) -> Part:
    """The whole document."""
    groups = call_groups(topology)
    channels: Part = {}
    operations: Part = {}
    for spec in topology.events:
        channels[spec.name] = _event_channel(spec)
        operations[spec.name] = _sends(topology, spec)
    for group in groups:
        channels[group.name] = _call_channel(group)
        channels[group.reply.name] = _reply_channel(group)
        operations[group.name] = _receives(topology, group)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:tiepsuc",
        "info": {
            "title": "Tiếp Sức",
            "version": contracts.__version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"nats": _SERVER},
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {each.name: _message(each) for each in documents(topology)},
            "parameters": {"province": _PROVINCE},
        },
    }


_SERVER: Part = {
    "host": "{host}:{port}",
    "protocol": "nats",
    "description": "Mỗi người dùng NATS có khóa riêng (nkey). / Each NATS user has a key of its own (nkey).",
    "variables": {"host": {"default": "localhost"}, "port": {"default": "4222"}},
}

_PROVINCE: Part = {
    "description": "Mã tỉnh, hai chữ số; 00: không thuộc tỉnh nào. / Two digits of the province; 00: none.",
    "examples": ["92", "00"],
    "location": "$message.payload#/province",
}


def _event_channel(spec: EventSpec) -> Part:
    return {
        "address": spec.subject("{province}"),
        "description": event_document(spec).description,
        "messages": _messages(spec.name),
        "parameters": {"province": {"$ref": "#/components/parameters/province"}},
    }


def _call_channel(group: CallGroup) -> Part:
    channel: Part = {
        "address": group.address,
        "description": group.request.description,
        "messages": _messages(group.name),
    }
    if group.shared:
        services = sorted(spec.owner for spec in group.specs)
        channel["parameters"] = {
            "service": {"description": "Dịch vụ được gọi. / The service that is called.", "enum": services}
        }
    return channel


def _reply_channel(group: CallGroup) -> Part:
    return {
        "address": None,
        "description": "Hộp thư của người gọi (reply của NATS). / The caller's inbox, NATS's reply subject.",
        "messages": _messages(group.reply.name),
    }


def _messages(name: str) -> Part:
    """A channel's only message goes by the channel's own name."""
    return {name: {"$ref": f"#/components/messages/{name}"}}


def _sends(topology: Topology, spec: EventSpec) -> Part:
    return {
        "action": "send",
        "channel": _channel(spec.name),
        "messages": [_channel_message(spec.name)],
        "tags": [{"name": spec.owner}],
        "x-stream": topology.stream_of(spec.owner).name,
    }


def _receives(topology: Topology, group: CallGroup) -> Part:
    return {
        "action": "receive",
        "channel": _channel(group.name),
        "messages": [_channel_message(group.name)],
        "reply": {"channel": _channel(group.reply.name), "messages": [_channel_message(group.reply.name)]},
        "tags": [{"name": spec.owner} for spec in group.specs],
        "x-roles": sorted(group.spec.roles),
        "x-refusals": sorted(topology.refusals_of(group.spec)),
    }


def _channel(name: str) -> Part:
    return {"$ref": f"#/channels/{name}"}


def _channel_message(name: str) -> Part:
    return {"$ref": f"#/channels/{name}/messages/{name}"}


def _message(document: Document) -> Part:
    event = document.kind is Kind.EVENT
    message: Part = {
        "name": document.name,
        "title": document.body.__name__,
        "summary": document.description.split("\n\n")[0].replace("\n", " "),
        "contentType": CLOUDEVENTS if event else "application/json",
        "payload": {"$ref": f"./{document.name}.json"},
    }
    if document.kind is not Kind.REPLY:
        field = "correlationid" if event else "correlation_id"
        message["correlationId"] = {"location": f"$message.payload#/{field}"}
    return message
