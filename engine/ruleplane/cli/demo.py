"""``ruleplane demo``: the whole loop before one's eyes, from a request to running Pods, and why.

Nothing in it is staged: the manifest travels over HTTPS with a client certificate of its own, what is shown of the
convergence is a watch, what is told of the causes is the trace. It speaks of the kinds in its manifest, as no other
module does (tests/nouns.yaml).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ruleplane.cli.places import KUBECONFIG
from ruleplane.errors import RuleplaneError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from rich.console import Console

    from ruleplane.cli.remote import Remote

_PODS = "/api/v1/namespaces/default/pods"
_SETS = "/apis/apps/v1/namespaces/default/replicasets"


def demo(
    data_dir: Path = typer.Option(
        None, help="Where to keep its data (default: anew in .cache/demo, or a temporary one)."
    ),
    nodes: int = typer.Option(3, min=1, help="How many simulated nodes there are."),
    timeout: float = typer.Option(60.0, help="Give up after so many seconds."),
) -> None:
    """Create a ReplicaSet of three Pods, watch rules make it real, and ask the trace why. Takes a few seconds.

    Examples: [bold]ruleplane demo[/bold] · [bold]ruleplane demo --data-dir ./demo --nodes 5[/bold]
    """
    from ruleplane.cli.up import run

    directory = _directory(data_dir)
    run(_within(_demo(directory, nodes), timeout))


def _directory(told: Path | None) -> Path:
    """An empty directory: the one told, or one of our own, emptied."""
    if told is not None:
        if told.exists() and any(told.iterdir()):
            raise RuleplaneError(f"the demonstration wants an empty directory: {told} is not")
        return told
    if Path(".cache").is_dir():
        ours = Path(".cache") / "demo"
        shutil.rmtree(ours, ignore_errors=True)
        return ours
    return Path(tempfile.mkdtemp(prefix="ruleplane-demo-"))


async def _within(story: Any, seconds: float) -> None:
    import asyncio

    try:
        await asyncio.wait_for(story, seconds)
    except TimeoutError:
        raise RuleplaneError(
            f"the demonstration did not converge within {seconds:g} seconds (see: ruleplane trace --errors)"
        ) from None


async def _demo(directory: Path, nodes: int) -> None:
    from rich.console import Console

    from ruleplane.cli.remote import Remote
    from ruleplane.controlplane import ControlPlane, Settings

    out = Console(highlight=False, soft_wrap=True)
    manifest = _manifest()
    _title(out, f"A control plane on SQLite with {nodes} simulated nodes")
    settings = Settings(data_dir=directory, nodes=nodes, port=0, kubeconfig=directory / KUBECONFIG)
    plane = await ControlPlane.start(settings)
    try:
        out.print(f"   it answers at {plane.url}; its data lie in {directory}")
        async with Remote(plane.url, _identity(directory)) as remote:
            await _tell(out, remote, manifest)
    finally:
        await plane.stop()
    _next(out, directory)


async def _tell(out: Console, remote: Remote, manifest: dict[str, Any]) -> None:
    name, count = manifest["metadata"]["name"], manifest["spec"]["replicas"]
    _title(out, f"POST of a {manifest['kind']} with {count} replicas (docs/examples/nginx-replicaset.yaml)")
    made = await remote.ask("POST", _SETS, manifest, fieldManager="ruleplane-demo")
    pods = await _converge(out, remote, name, count, made["metadata"]["resourceVersion"])

    _title(out, "Why it is so: the trace, from the request on")
    example = sorted(pods)[0]
    await _chain(out, remote, example, name)

    _title(out, f"DELETE of Pod {example}")
    present = await remote.ask("GET", _PODS)
    await remote.ask("DELETE", f"{_PODS}/{example}")
    after = await _converge(out, remote, name, count, present["metadata"]["resourceVersion"], gone=example, known=pods)
    replacement = next(pod for pod in sorted(after) if pod not in pods)
    _title(out, f"Why is there a Pod {replacement}?")
    _tree(out, await _traced(remote, "why", object=f"pod/{replacement}", field="metadata.name"))


async def _converge(
    out: Console,
    remote: Remote,
    name: str,
    count: int,
    revision: str,
    *,
    gone: str = "",
    known: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Show every change until the ReplicaSet says that all its Pods are ready; the Pods by name."""
    import asyncio

    pods: dict[str, Any] = dict(known or {})
    began = asyncio.get_running_loop().time()
    shown: dict[str, str] = {pod: _state(value) for pod, value in pods.items()}
    async for event in remote.watch(_PODS, revision):
        pod = event["object"]
        title = pod["metadata"]["name"]
        if event["type"] == "DELETED":
            pods.pop(title, None)
            text = "gone"
        else:
            pods[title] = pod
            text = _state(pod)
        if shown.get(title) != text:
            shown[title] = text
            elapsed = asyncio.get_running_loop().time() - began
            out.print(f"   [dim]+{elapsed * 1000:6.0f} ms[/]  Pod {title:<14} {_painted(text)}")
        if gone not in pods and len(pods) == count and all(_is_ready(one) for one in pods.values()):
            await _settled(remote, name, count)
            break
    out.print(f"   [bold green]{count} Pods are Running and Ready.[/]")
    return pods


async def _settled(remote: Remote, name: str, count: int) -> None:
    """Return once the owner's status says what its Pods say."""
    owner = await remote.ask("GET", f"{_SETS}/{name}")
    if owner.get("status", {}).get("readyReplicas") == count:
        return
    async for event in remote.watch(_SETS, owner["metadata"]["resourceVersion"], fieldSelector=f"metadata.name={name}"):
        if event["object"].get("status", {}).get("readyReplicas") == count:
            return


def _state(pod: dict[str, Any]) -> str:
    status, node = pod.get("status", {}), pod["spec"].get("nodeName")
    words = [str(status.get("phase", "Pending"))]
    if node:
        words.append(f"on {node}")
    if status.get("podIP"):
        words.append(f"at {status['podIP']}")
    if _is_ready(pod):
        words.append("Ready")
    if "deletionTimestamp" in pod["metadata"]:
        words.append("(being deleted)")
    return " ".join(words)


def _is_ready(pod: dict[str, Any]) -> bool:
    if "deletionTimestamp" in pod["metadata"]:
        return False
    conditions = pod.get("status", {}).get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


async def _traced(remote: Remote, what: str, **query: str) -> dict[str, Any]:
    """What the control plane tells of its trace."""
    from ruleplane.trace.service import ROOT

    return await remote.ask("GET", f"{ROOT}/{what}", None, **query)


def _painted(text: str) -> str:
    colour = "green" if "Ready" in text else "red" if text == "gone" or "deleted" in text else "yellow"
    return f"[{colour}]{text}[/]"


async def _chain(out: Console, remote: Remote, pod: str, owner: str) -> None:
    """Number the chain that made the Pod ready, and the owner's status that followed. What the Pod's sandbox and
    containers did is asked for by their names."""
    from rich.markup import escape

    from ruleplane.cli.story import chain, made
    from ruleplane.model.trace import split_ref

    answer = await _traced(remote, "why", object=f"pod/{pod}.status.conditions[type=Ready]")
    if answer["gap"]:
        raise RuleplaneError(f"the trace is incomplete: {answer['gap']}")
    records = (await _traced(remote, "firings", object=f"pod/{pod}"))["items"]
    around: dict[int, dict[str, Any]] = {}
    for step in answer["steps"]:
        if step["by"] == answer["steps"][0]["by"]:
            for ref in made(records, step["record"]):
                kind, _, name = split_ref(ref)
                found = await _traced(remote, "firings", object=f"{kind.rpartition('/')[2]}/{name}")
                around |= {record["id"]: record for record in found["items"]}
    followed = await _traced(remote, "why", object=f"rs/{owner}.status.readyReplicas")
    last = chain(followed)[-1]
    for number, revision, after, sentence in (*chain(answer, list(around.values())), ("8.", *last[1:])):
        out.print(f"  [bold cyan]{number:>2}[/] [yellow]{revision:<11}[/] [dim]{after:>9}[/]  {escape(sentence)}")


def _tree(out: Console, answer: dict[str, Any]) -> None:
    from ruleplane.cli.output import coloured

    paint: Callable[[str], str] = coloured if out.is_terminal else str
    for line in answer["text"]:
        sys.stdout.write(f"   {paint(line.rstrip())}\n")
    sys.stdout.flush()


def _title(out: Console, text: str) -> None:
    out.print(f"\n[bold magenta]▸[/] [bold]{text}[/]")


def _next(out: Console, directory: Path) -> None:
    command = "ruleplane" if shutil.which("ruleplane") else sys.argv[0]
    _title(out, "Try next")
    for text, meaning in (
        (f"{command} trace rs/web --data-dir {directory}", "every firing that concerned the ReplicaSet"),
        (f"{command} trace --rule bind -o json --data-dir {directory}", "one rule's firings, for programs"),
        (f"{command} rules list", "the rules that did all this"),
        (f"{command} up --data-dir {directory}", "the same control plane again: it goes on where it stopped"),
        (f"export KUBECONFIG={directory.resolve() / KUBECONFIG}", "then: kubectl get pods -o wide"),
    ):
        out.print(f"   [green]{text}[/]\n      [dim]{meaning}[/]")


def _manifest() -> dict[str, Any]:
    import yaml

    from ruleplane.model.data import data_dir

    text = (data_dir("docs") / "examples" / "nginx-replicaset.yaml").read_text()
    manifest: dict[str, Any] = yaml.safe_load(text)
    return manifest


def _identity(directory: Path) -> ssl.SSLContext:
    """A certificate of the demonstration's own, so that the trace shows who asked."""
    import ssl

    from ruleplane.clock import RealClock
    from ruleplane.server.pki import ensure_pki, issue_client

    clock = RealClock()
    pki = ensure_pki(directory / "pki", clock)
    certificate, key = issue_client(pki, clock, "newcomer", ["system:masters"])
    context = ssl.create_default_context(cafile=str(pki.ca_cert))
    with tempfile.NamedTemporaryFile() as file:  # Python's ssl reads keys only from files
        file.write(certificate + b"\n" + key)
        file.flush()
        context.load_cert_chain(file.name)
    return context
