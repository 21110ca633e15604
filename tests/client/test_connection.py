"""Requests over HTTPS to a server that puts off, refuses, and does not answer."""

from __future__ import annotations

import asyncio

import pytest
import yaml
from aiohttp import web

from ruleplane.client.connection import PUT_OFF, Connection
from ruleplane.client.credentials import Credentials
from ruleplane.clock import RealClock
from ruleplane.errors import ApiError, Timeout, Unauthorized
from ruleplane.server.kubeconfig import write_kubeconfig
from ruleplane.server.pki import ensure_pki, server_context


@pytest.fixture
def ask(tmp_path):
    """Asks a server that answers as it is told: ``ask(handler, **connection's)`` gives answer or error, and delays."""
    pki = ensure_pki(tmp_path / "pki", RealClock(), ("127.0.0.1",))

    async def asked(handler, times=1, **more):
        slept = []

        async def sleep(seconds):
            slept.append(seconds)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(pki))
        await site.start()
        port = runner.addresses[0][1]
        write_kubeconfig(tmp_path / "kubeconfig", pki, f"https://127.0.0.1:{port}")
        try:
            credentials = await Credentials.load(str(tmp_path / "kubeconfig"), "", RealClock())
            async with Connection(credentials, RealClock(), sleep=sleep, **more) as connection:
                try:
                    answer = await connection.ask("POST", "/api/v1/pods", body={})
                except ApiError as error:
                    answer = error
        finally:
            await runner.cleanup()
        return answer, slept

    return lambda handler, **more: asyncio.run(asked(handler, **more))


def answers(*given):
    """A handler that gives these answers in turn, the last one for ever; ``asked`` counts."""

    async def handler(_request):
        status, headers = given[min(handler.asked, len(given) - 1)]
        handler.asked += 1
        return web.json_response({"kind": "Pod"}, status=status, headers=headers)

    handler.asked = 0
    return handler


def test_a_request_that_is_put_off_is_made_again_after_as_long_as_the_server_says(ask):
    handler = answers((429, {"Retry-After": "3"}), (429, {"Retry-After": "7"}), (200, {}))
    assert ask(handler) == ({"kind": "Pod"}, [3.0, 7.0])
    assert handler.asked == 3


def test_one_that_is_put_off_again_and_again_fails_in_the_end(ask):
    handler = answers((429, {"Retry-After": "1"}))
    error, slept = ask(handler)
    assert (error.code, len(slept), handler.asked) == (429, PUT_OFF, PUT_OFF + 1)


def test_a_refusal_for_too_many_requests_without_a_time_is_an_error(ask):
    handler = answers((429, {}), (200, {}))
    error, slept = ask(handler)
    assert (error.code, slept, handler.asked) == (429, [], 1)


def test_credentials_are_read_anew_once_after_a_401(ask):
    handler = answers((401, {}), (200, {}))
    assert ask(handler) == ({"kind": "Pod"}, [])
    handler = answers((401, {}))
    error, _ = ask(handler)
    assert isinstance(error, Unauthorized)
    assert handler.asked == 2


def test_the_request_after_a_401_carries_the_token_that_was_written_meanwhile(ask, tmp_path):
    config, seen = tmp_path / "kubeconfig", []

    async def handler(request):
        seen.append(request.headers.get("Authorization", ""))
        document = yaml.safe_load(config.read_text())
        document["users"][0]["user"]["token"] = "new"
        config.write_text(yaml.safe_dump(document))
        return web.json_response({"kind": "Pod"}, status=200 if seen[-1] == "Bearer new" else 401)

    assert ask(handler) == ({"kind": "Pod"}, [])
    assert seen == ["", "Bearer new"]


def test_a_write_without_an_answer_in_time_is_not_made_again(ask):
    asked = []

    async def silent(request):
        asked.append(request.path)
        await asyncio.Event().wait()

    error, _ = ask(silent, seconds=0.3)
    assert isinstance(error, Timeout)
    assert error.code >= 500  # its outcome is unknown: the loop reads before it decides again
    assert asked == ["/api/v1/pods"]
