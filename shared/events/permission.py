"""What each user of the broker may publish and hear; `kechuang bus permissions` prints it for a broker of one's own.

A service publishes its own subjects, pulls and acknowledges its own durables, and reads its own stream. Making and
changing streams and consumers is the provisioner's alone: with `republish`, `sources`, wider subjects or a consumer
that delivers to a subject, whoever may change a stream speaks in the name of others.
"""

from shared.events.listeners import publishers_for

PROVISIONER = "provisioner"
"""The user that makes streams and consumers; it neither publishes nor reads an event."""
_ASK = "_PROVISION"


def stream_name(service: str) -> str:
    """Return the name of the stream that `service` owns."""
    return service.upper()


def asks_on(service: str) -> str:
    """Return the subject on which `service` asks the provisioner for what it needs: nobody else may publish there."""
    return f"{_ASK}.{service}"


def inbox_of(user: str) -> str:
    """Return the prefix under which `user` hears answers."""
    return f"_INBOX_{user}"


def permissions(service: str) -> dict[str, list[str]]:
    """Return what the user of `service` may publish and subscribe to.

    A wildcard stands for a whole token, so a durable consumer is named exactly `<service>` on each stream.
    """
    stream = stream_name(service)
    # Its own stream, too: the consumer of that name reads back what the stream gives out after the broker began.
    read = [*(stream_name(publisher) for publisher in publishers_for(service)), stream]
    publish = [
        f"{service}.>",
        asks_on(service),
        f"$JS.API.STREAM.INFO.{stream}",
        # Only a stream's owner compares its end with an outbox, and nobody reads another's past the filter.
        f"$JS.API.STREAM.MSG.GET.{stream}",
        *(f"$JS.API.CONSUMER.{verb}.{one}.{service}" for one in read for verb in ("INFO", "MSG.NEXT")),
        *(f"$JS.ACK.{one}.{service}.>" for one in read),
        f"{inbox_of(service)}.>",
    ]
    return {"publish": publish, "subscribe": [f"{inbox_of(service)}.>"]}


def provisioner_permissions(services: tuple[str, ...]) -> dict[str, list[str]]:
    """Return what the provisioner may do: make, change and end streams and consumers, and answer `services`.

    `$JS.API.STREAM.*.*` is one token short of `STREAM.MSG.GET.<stream>`: it reads no event.
    """
    publish = [
        "$JS.API.STREAM.*.*",
        "$JS.API.CONSUMER.CREATE.>",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.API.CONSUMER.DELETE.*.*",
        *(f"{inbox_of(service)}.>" for service in services),
    ]
    return {"publish": publish, "subscribe": [f"{_ASK}.*", f"{inbox_of(PROVISIONER)}.>"]}
