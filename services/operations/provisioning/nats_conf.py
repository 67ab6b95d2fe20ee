"""The NATS server's configuration, rendered from the topology and the users' public keys. It holds no secret."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.topology import Topology
from services.operations.provisioning.nats_rights import Rights, rights


def render(
    topology: Topology, keys: Mapping[str, str], *, host: str, port: int, http_host: str, http_port: int, store: Path
) -> str:
    """The text of `nats.conf`. `sync_interval: always` because an acknowledgement shall mean: on the disk."""
    users = ",\n".join(_user(keys[user], rights(topology, user)) for user in topology.users)
    return f"""# Made by `tiepsuc secrets create` from contracts/topology.py; changes here are overwritten.
host: {json.dumps(host)}
port: {port}
http: "{http_host}:{http_port}"
jetstream {{ store_dir: {json.dumps(str(store))}, sync_interval: always }}
accounts {{
  TIEPSUC {{
    jetstream: enabled
    users: [
{users}
    ]
  }}
}}
"""


def _user(key: str, may: Rights) -> str:
    permissions: dict[str, object] = {
        "publish": {"allow": list(may.publish)} if may.publish else {"deny": [">"]},
        "subscribe": {"allow": list(may.subscribe)},
    }
    if may.responds:
        # Longer than the longest call: a reply that comes later is of no use to anybody.
        permissions["allow_responses"] = {"max": 1, "expires": "2m"}
    return f"      {{ nkey: {key}, permissions: {json.dumps(permissions)} }}"
