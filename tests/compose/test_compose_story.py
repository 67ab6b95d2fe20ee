"""What an operator does with `docker compose`, in this order, on one project that is there for this story alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from contracts.topology import SERVICES
from tests.compose.project import ROOT, Project, no_engine, run

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

OURS = (*SERVICES, "provisioner")
SAMPLE = ROOT / "deploy" / "samples" / "ho-dac-kien-2025-07.csv"
WANTED = {"received": 552, "carried_over": 0, "resolved": 536, "resolved_early": 536, "in_progress": 16}


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    if reason := no_engine():
        pytest.skip(f"KHÔNG THỬ compose / compose NOT TRIED: no container engine here ({reason})")
    project = Project(f"tiepsuc-test-{uuid4().hex[:8]}")
    try:
        project.up("--build")
        yield project
    finally:
        project.remove()


def assert_sample_month(project: Project) -> None:
    total = project.total()
    assert {key: total[key] for key in WANTED} == WANTED


def test_one_command_brings_everything_up(project: Project) -> None:
    states = {name: each["State"] for name, each in project.containers().items()}
    once = states.pop(f"{project.name}-secrets-1")
    assert (once["Status"], once["ExitCode"]) == ("exited", 0)
    assert {name.removeprefix(f"{project.name}-") for name in states} == {
        f"{name}-1" for name in (*OURS, "nats", "postgres")
    }
    assert {state["Health"]["Status"] for state in states.values()} == {"healthy"}


def test_the_sample_month_from_import_to_report(project: Project) -> None:
    place = f"/samples/{SAMPLE.name}"
    first = json.loads(project.tiepsuc("import", place, "--json"))
    assert (first["imported"], first["rejected"]) == (552, 0)
    again = json.loads(project.tiepsuc("import", place, "--json"))
    assert (again["imported"], again["already_present"]) == (0, 552)
    assert_sample_month(project)


def test_a_log_of_ones_own_goes_in_and_its_rejected_lines_come_out_through_pipes(project: Project) -> None:
    header, row, *_ = SAMPLE.read_text(encoding="utf-8").splitlines()
    bad = row.replace(",31570,31570,", ",99999,31570,")
    rejected = project.tiepsuc("import", "-", "--lang", "en", text=f"{header}\n{row}\n{bad}\n", code=3)
    assert [line.split(",")[:3] for line in rejected.splitlines()[1:]] == [["3", "unit", "unknown-unit"]]
    told = project.compose("run", "--rm", "-T", "operator", "import", "/samples/none.csv", code=1)
    assert told == ""


def test_each_container_sees_its_own_secrets_only_and_can_change_nothing(project: Project) -> None:
    everybodys = {"database.password", "nats.seed", "relay.password"}
    intakes = {"audit.seed", "attachments.key", "people.master", "people.search"}
    kinds = " -o ".join(f"-name '{each}'" for each in ("*.seed", "*.password", "people.*", "attachments.key"))
    seek = f"find / -path /proc -prune -o -path /sys -prune -o -type f \\( {kinds} \\) -print"
    for name in SERVICES:
        found = {Path(each) for each in project.inside(name, f"{seek} 2>/dev/null", None).split()}
        secrets = {each.name for each in found if each.parent == Path("/run/secrets")}
        assert secrets == everybodys | (intakes if name == "intake" else set()), name
        assert {each.suffix for each in found if each.name not in secrets} <= {".py", ".pyc"}, name
        assert project.inside(name, "id -u").strip() == "10001"
        project.inside(name, "touch /tried || touch /run/secrets/tried || touch /opt/tiepsuc/tried", code=1)
    for container in project.containers().values():
        labels, host = container["Config"]["Labels"], container["HostConfig"]
        service = labels["com.docker.compose.service"]
        volumes = {m["Name"].removeprefix(f"{project.name}_") for m in container["Mounts"] if m["Type"] == "volume"}
        secret = {volume for volume in volumes if volume.startswith("secrets")}
        if service not in {"secrets", "provisioner"}:
            assert secret == {f"secrets-{service}"}
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert not any("PASSWORD=" in each for each in container["Config"]["Env"])


def test_only_the_gateway_can_be_reached_and_only_from_this_machine(project: Project) -> None:
    bound = {
        (container["Config"]["Labels"]["com.docker.compose.service"], port["HostIp"])
        for container in project.containers().values()
        for ports in container["NetworkSettings"]["Ports"].values()
        for port in ports or ()
    }
    assert bound == {("gateway", "127.0.0.1")}
    try_ = "import socket; socket.create_connection(('nats', {}), timeout=3)"
    project.compose("exec", "-T", "intake", "python", "-c", try_.format(4222))
    project.compose("exec", "-T", "intake", "python", "-c", try_.format(8222), code=1)  # NATS's monitoring


def test_a_killed_process_is_started_again(project: Project) -> None:
    name = f"{project.name}-reporting-1"
    project.inside("reporting", "kill -9 $(cat /proc/1/task/1/children)", None)
    end = time.monotonic() + 60
    while True:
        container = project.containers("reporting")[name]
        if container["RestartCount"] == 1 and container["State"]["Health"]["Status"] == "healthy":
            break
        assert time.monotonic() < end, container["State"]
        time.sleep(0.5)
    assert_sample_month(project)


def test_a_secret_that_everybody_may_read_is_refused(project: Project) -> None:
    file = "/secrets/gateway/database.password"
    change = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "chmod", "secrets")
    project.compose(*change, "0644", file)
    try:
        project.compose("run", "--rm", "--no-deps", "-T", "gateway", "serve", "gateway", code=78)
    finally:
        project.compose(*change, "0600", file)


def test_a_second_replica_carries_on_where_the_first_is_stopped(project: Project) -> None:
    project.up("--scale", "intake=2", "--scale", "reporting=2")
    assert len(project.containers("intake")) == len(project.containers("reporting")) == 2
    run("docker", "stop", f"{project.name}-intake-1", f"{project.name}-reporting-1")
    again = json.loads(project.tiepsuc("import", f"/samples/{SAMPLE.name}", "--json"))
    assert (again["imported"], again["already_present"]) == (0, 552)
    assert_sample_month(project)


def test_stopping_lets_everything_finish_and_starting_again_finds_everything(project: Project) -> None:
    project.compose("stop")
    codes = {name: each["State"]["ExitCode"] for name, each in project.containers().items()}
    # 137 would be a kill after the grace; NATS has had both 0 and 1 for a stop that it was asked for.
    assert {name: code for name, code in codes.items() if code not in ({0, 1} if "-nats-" in name else {0})} == {}
    project.up()
    assert_sample_month(project)


def test_taking_it_down_leaves_nothing_and_the_image_has_no_secret(project: Project) -> None:
    look = ("--network", "none", "--entrypoint", "find", project.image, "/secrets", "/run", "/data", "-type", "f")
    assert run("docker", "run", "--rm", *look) == ""
    project.compose("--profile", "tools", "down", "--volumes", "--timeout", "30")
    assert project.left() == {"containers": [], "volumes": [], "networks": []}
