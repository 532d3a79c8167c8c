"""The AsyncAPI 3 document of all events: who publishes which subject, who hears it, and what goes over the wire."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.events.catalogue import CATALOGUE, stream_of
from shared.events.event import Event
from shared.events.example import EXAMPLES
from shared.events.signature import HEADER, LONGEST_HEADER_BYTES
from shared.kernel.example import example_of

_SCHEMA = "#/components/schemas/"
_BINDING: dict[str, Any] = {"nats": {}}
_EVENT_ID = "019e8000-0000-7000-8000-0000000000f1"
_CAUSE_ID = "019e8000-0000-7000-8000-0000000000f0"
_SIGNATURE = f"v1;registry-1f2e3d4c;1;{'A' * 86};0;"
_AT = "2026-06-02T01:30:00+00:00"
_ABOUT = """
平台各服务之间的全部事件。每个主题一个通道，由名称首段所示的服务独家发布；消息为 CloudEvents 1.0 结构化 JSON。
同一聚合内按 `version` 排序，同一主题内按 `sequence` 判断缺口；重复投递以 `id` 去重。

Every event between the services. One channel per subject, published by the service that its first word names and by no
other; messages are CloudEvents 1.0 in structured JSON. `version` orders the events of an aggregate, gaps are judged on
`sequence`, a second delivery is known by its `id`.
"""
_KINDS = {
    "state": "状态事件：只在比已有版本新时采用 / a state: applied only if newer than what is held",
    "happening": "发生事件：每次都要处理 / a happening: each one counts",
}


def document(listeners: Mapping[str, Sequence[str]], *, version: str) -> dict[str, Any]:
    """Return the AsyncAPI 3 document.

    Args:
        listeners: subject → services that subscribe to it.
        version: version of the product.
    """
    schemas: dict[str, Any] = {"CloudEvent": _envelope_schema()}
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for subject, event in CATALOGUE.items():
        data = event.model_json_schema(mode="serialization", ref_template=_SCHEMA + "{model}")
        schemas |= data.pop("$defs", {})
        schemas[event.__name__] = data
        messages[subject] = _message(event, schemas)
        operations |= _operations(event, listeners.get(subject, ()))
    return {
        "asyncapi": "3.1.0",
        "id": "urn:kechuang:events",
        "info": {
            "title": "科创事件 Kechuang events",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Proprietary"},
            "tags": [{"name": publisher} for publisher in _publishers()],
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"nats": _server()},
        "channels": {subject: _channel(event) for subject, event in CATALOGUE.items()},
        "operations": operations,
        "components": {"schemas": schemas, "messages": messages, "securitySchemes": _security()},
    }


def meaning(event: type[Event]) -> str:
    """Return what an event says, in both languages."""
    english = " ".join((event.__doc__ or "").split())
    return f"{event.meaning_zh} / {english}"


def _publishers() -> list[str]:
    return sorted({event.publisher() for event in CATALOGUE.values()})


def _server() -> dict[str, Any]:
    return {
        "host": "nats.kechuang.example:4222",
        "protocol": "nats",
        "title": "NATS JetStream",
        "description": "每个发布方一条流，一直保留 / one stream per publisher, kept for good",
        "security": [{"$ref": "#/components/securitySchemes/user"}],
        "bindings": _BINDING,
    }


def _security() -> dict[str, Any]:
    told = (
        "每个服务一个账号，只能发布自己的主题；流与消费者由专用账号建立 / "
        "one user per service, which may publish its own subjects only; a user of its own makes streams and consumers"
    )
    return {"user": {"type": "userPassword", "description": told}}


def _channel(event: type[Event]) -> dict[str, Any]:
    return {
        "address": event.subject,
        "title": event.__name__,
        "summary": event.meaning_zh,
        "description": f"{meaning(event)}\n\n{_KINDS[event.ordering.value]}",
        "servers": [{"$ref": "#/servers/nats"}],
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.subject}"}},
        "tags": [{"name": event.publisher()}],
        "bindings": _BINDING,
        "x-stream": stream_of(event.publisher()),
        "x-kind": event.ordering.value,
        "x-key": list(event.key),
    }


def _operations(event: type[Event], listeners: Sequence[str]) -> dict[str, Any]:
    """Return one send operation of the publisher and one receive operation for each listener."""
    channel = {"$ref": f"#/channels/{event.subject}"}
    messages = [{"$ref": f"#/channels/{event.subject}/messages/{event.__name__}"}]
    publisher = event.publisher()
    common = {"channel": channel, "messages": messages}
    found: dict[str, Any] = {
        f"{publisher}.sends.{event.subject}": {
            **common,
            "action": "send",
            "title": f"{publisher} 发布 sends {event.__name__}",
            "summary": event.meaning_zh,
            "description": f"{publisher} 在提交后发布 / {publisher} publishes it after its commit",
            "tags": [{"name": publisher}],
            "bindings": _BINDING,
        }
    }
    for listener in sorted(listeners):
        found[f"{listener}.receives.{event.subject}"] = {
            **common,
            "action": "receive",
            "title": f"{listener} 接收 hears {event.__name__}",
            "summary": event.meaning_zh,
            "description": f"以持久消费者 {listener} 接收，其各进程分担 / "
            f"through the durable consumer {listener}, which its processes share",
            "tags": [{"name": listener}],
            "bindings": {"nats": {"queue": listener, "bindingVersion": "0.1.0"}},
        }
    return found


def _message(event: type[Event], schemas: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {
        "type": {"const": event.subject},
        "source": {"const": f"/kechuang/{event.publisher()}"},
        "dataschema": {"const": f"/contracts/events/{event.subject}.json"},
        "aggregate": {"const": event.aggregate},
        "data": {"$ref": _SCHEMA + event.__name__},
    }
    return {
        "name": event.__name__,
        "title": event.__name__,
        "summary": event.meaning_zh,
        "description": meaning(event),
        "contentType": "application/cloudevents+json",
        "tags": [{"name": event.publisher()}],
        "headers": {
            "type": "object",
            "required": ["Nats-Msg-Id", HEADER],
            "properties": {
                "Nats-Msg-Id": {"type": "string", "format": "uuid", "description": "事件 id / the event's id"},
                HEADER: {
                    "type": "string",
                    "maxLength": LONGEST_HEADER_BYTES,
                    "pattern": "^v1;",
                    "description": "发布方对本批事件的 Ed25519 签名及路径 / "
                    "the publisher's Ed25519 signature of the batch and the path to it",
                },
            },
        },
        "correlationId": {
            "location": "$message.payload#/causationid",
            "description": "最初的起因，各跳不变 / the first cause, the same over all hops",
        },
        "payload": {"allOf": [{"$ref": _SCHEMA + "CloudEvent"}, {"type": "object", "properties": fixed}]},
        "examples": [
            {
                "name": event.__name__,
                "summary": "虚构示例 / a made-up case",
                "headers": {"Nats-Msg-Id": _EVENT_ID, HEADER: _SIGNATURE},
                "payload": envelope_example(event, schemas),
            }
        ],
        "bindings": _BINDING,
    }


def envelope_example(event: type[Event], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return one made-up event as it goes over the wire."""
    data = example_of(schemas[event.__name__], EXAMPLES, schemas, name=event.__name__)
    key = "/".join(str(data[name]) for name in event.key)
    return {
        "specversion": "1.0",
        "id": _EVENT_ID,
        "source": f"/kechuang/{event.publisher()}",
        "type": event.subject,
        "subject": f"{event.aggregate}/{key}",
        "time": _AT,
        "datacontenttype": "application/json",
        "dataschema": f"/contracts/events/{event.subject}.json",
        "aggregate": event.aggregate,
        "aggregateid": key,
        "version": 3,
        "sequence": 1,
        "causationid": _CAUSE_ID,
        "requestid": "019e8000-0000-7000-8000-00000000000a",
        "data": data,
    }


def _envelope_schema() -> dict[str, Any]:
    """Return the schema of the CloudEvents 1.0 document around every event."""
    text = {"type": "string", "minLength": 1, "maxLength": 200}
    word = {"type": "string", "minLength": 1, "maxLength": 60}
    counted = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    identity = {"type": "string", "format": "uuid"}
    described: dict[str, tuple[dict[str, Any], str]] = {
        "specversion": ({"const": "1.0"}, "CloudEvents 版本 / version of CloudEvents"),
        "id": (identity, "事件编号，也是 Nats-Msg-Id / also the Nats-Msg-Id and the key of every inbox"),
        "source": (text, "发布方 / the publisher"),
        "type": (text, "NATS 主题 / the NATS subject"),
        "subject": ({**text, "maxLength": 261}, "聚合与编号 / aggregate and which one"),
        "time": ({"type": "string", "format": "date-time"}, "起因发生的时间，不用于排序 / never used for order"),
        "datacontenttype": ({"const": "application/json"}, "数据格式 / form of the data"),
        "dataschema": (text, "数据的 JSON Schema / JSON schema of the data"),
        "aggregate": (word, "聚合的名称 / noun of the aggregate"),
        "aggregateid": (text, "聚合的编号 / which one"),
        "version": (counted, "聚合的事件序号，自 1 起 / counts all events of the aggregate, from 1"),
        "sequence": (counted, "聚合在本主题下的序号 / counts the events of the aggregate under this subject, from 1"),
        "causationid": (identity, "最初的起因 / the first cause"),
        "requestid": (text, "引起它的请求，如有 / the request that caused it, if one did"),
        "traceparent": (word, "W3C 追踪上下文，如有 / W3C trace context, if traced"),
        "data": ({"type": "object"}, "事件本身 / the event itself"),
    }
    optional = {"requestid", "traceparent"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0 信封 / the CloudEvents 1.0 envelope",
        "required": [name for name in described if name not in optional],
        "properties": {name: {**schema, "description": told} for name, (schema, told) in described.items()},
    }
