"""Least rights on NATS, from the topology: what each user may publish and subscribe to. Pure."""

from dataclasses import dataclass

from contracts.topology import DurableSpec, Topology


@dataclass(frozen=True, slots=True)
class Rights:
    """A user's permissions; `responds`: it may publish to the reply subject of a request that it received."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    responds: bool = False


def rights(topology: Topology, user: str) -> Rights:
    """What a user needs, and no more. Nobody but the provisioner may create or change streams and consumers."""
    inbox = f"_INBOX_{user}.>"
    calls = tuple(spec.subject for spec in topology.calls if user in spec.callers)
    reads = tuple(subject for durable in topology.durables_of(user) for subject in _reading(durable))
    if user == "provisioner":
        return Rights(("$JS.API.INFO", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>"), (inbox,))
    if user == "operator":
        return Rights((*calls, "$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.>"), (inbox,))
    if user in topology.services:
        own = (f"evt.{user}.>", f"$JS.API.STREAM.INFO.{topology.stream_of(user).name}")
        return Rights((*own, *calls, *reads), (inbox, f"cmd.{user}.>", f"qry.{user}.>"), responds=True)
    live = tuple(f for each in topology.subscribers if each.name == user for f in each.filters)
    return Rights(reads, (inbox, *live))


def _reading(durable: DurableSpec) -> tuple[str, ...]:
    """Pulling from and acknowledging to one durable; acknowledgements in the server's old and new form."""
    place = f"{durable.stream}.{durable.name}"
    return (
        f"$JS.API.CONSUMER.INFO.{place}",
        f"$JS.API.CONSUMER.MSG.NEXT.{place}",
        f"$JS.ACK.{place}.>",
        f"$JS.ACK.*.*.{place}.>",
    )
