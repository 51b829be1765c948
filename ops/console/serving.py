"""Serving the console: who may reach it, what it opens, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from flows.watching.events import tell
from ops.console.accounts import Accounts, accounts_of
from ops.console.accounts.accounts import utc_now
from ops.console.security.access import LOOPBACK, Access
from ops.console.security.onetime import OneTimeKey
from ops.errors import ENVIRONMENT, CommandError

#: Seconds that requests under way have when the console is ended.
GRACE = 5
#: Seconds that a connection may be idle.
KEEP_ALIVE = 30
#: Of DuckDB: a page asks little, and a second thread costs a flow beside it more than it saves.
THREADS = 1
ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104
LONGEST_PATIENCE = 2048  # connections that wait to be accepted


@dataclass(frozen=True)
class Serving:
    """What `channelwatch console` is told."""

    warehouse: Path
    host: str = "127.0.0.1"
    port: int = 8765
    policy: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    host_names: tuple[str, ...] = ()
    behind_proxy: bool = False

    @property
    def loopback(self) -> bool:
        """Whether it can be reached from this machine alone."""
        if self.behind_proxy:
            return False
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def tls(self) -> bool:
        """Whether it answers by https itself."""
        return self.tls_cert is not None

    def names(self) -> frozenset[str]:
        """The hosts that a request may name."""
        given = {name.lower() for name in self.host_names}
        if self.host not in ANY:
            given.add(bracketed(self.host.lower()))
        local = self.loopback or self.host == "localhost" or self.host.startswith("127.")
        return frozenset(given | LOOPBACK) if local else frozenset(given)

    def check(self) -> None:
        """Whether this may be.

        Raises:
            CommandError: what is asked for is not safe, or is not complete.
        """
        if (self.tls_cert is None) != (self.tls_key is None):
            raise CommandError("--tls-cert and --tls-key go together; give both or neither")
        if self.tls_cert is not None and self.tls_key is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.tls_cert, self.tls_key)
            except (OSError, ssl.SSLError) as error:
                raise CommandError(
                    f"{self.tls_cert} and {self.tls_key} are no certificate and its key: {error}"
                ) from error
        if self.loopback:
            return
        if not self.tls and not self.behind_proxy:
            raise CommandError(
                f"on {self.host} passwords and messages would cross the network in the open. Give "
                "--tls-cert and --tls-key, or put a proxy with https before it and give "
                "--behind-proxy"
            )
        if not self.names() - LOOPBACK:
            raise CommandError(
                "say by which name browsers reach it, with --host-name NAME; requests that name "
                "another host are turned away"
            )
        path = accounts_of(self.warehouse)
        if path.exists():
            with Accounts(path) as accounts:
                if accounts.users.any_password():
                    return
        raise CommandError(
            f"others can reach the console on {self.host}, and it has no users yet. Add them "
            f"first, as in: channelwatch users add NAME --role lead -w {self.warehouse}"
        )


def bracketed(host: str) -> str:
    """A host as it stands in an address.

    >>> bracketed("::1"), bracketed("127.0.0.1")
    ('[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host else host


def serve(serving: Serving, say: Callable[[str], None]) -> None:
    """Answer until the process is told to end; ``say`` is given the lines for whoever started it.

    Raises:
        CommandError: the options do not go together, or the port is taken.
        StoreError: the warehouse cannot be opened, or another process has it.
        PolicyError: the policy file is wrong.
    """
    serving.check()
    with ExitStack() as closing:
        listening = closing.enter_context(_listen(serving.host, serving.port))
        port = listening.getsockname()[1]
        server = closing.enter_context(_server(serving, port, say))
        server(listening)


@contextmanager
def _server(
    serving: Serving, port: int, say: Callable[[str], None]
) -> Iterator[Callable[[socket.socket], None]]:
    """Everything opened, and what then answers on a socket; closed in the other order."""
    import uvicorn

    from classifiers.knowledge import load
    from ops.console.app import create_app
    from ops.console.claims import Claims
    from ops.console.console import Console
    from ops.console.keeper import Keeper
    from ops.console.policy import BUILT_IN, alone, read_policy
    from ops.who import login
    from warehouse.audit import Audit
    from warehouse.store import open_store

    knowledge = load(cues=False)
    policy = read_policy(serving.policy or BUILT_IN, knowledge.labels)
    with ExitStack() as closing:
        store = closing.enter_context(open_store(serving.warehouse, threads=THREADS))
        accounts = closing.enter_context(Accounts(accounts_of(serving.warehouse)))
        claims = Claims(accounts.path, policy.claim)
        closing.callback(claims.close)
        key = OneTimeKey(utc_now) if serving.loopback and not accounts.users.any_admin() else None
        if key is not None:
            policy = alone(policy)
        audit = Audit(store)
        audit.start()
        closing.callback(audit.close)
        audit.note(login(), "console.start", {"policy": str(serving.policy or "built in")})
        keeper = Keeper(store, policy.rules)
        keeper.start()
        closing.callback(keeper.stop)
        secure = serving.tls or serving.behind_proxy
        access = Access(
            names=serving.names(),
            port=None if serving.behind_proxy else port,
            secure=secure,
            key=key,
        )
        console = Console(
            store=store,
            accounts=accounts,
            claims=claims,
            policy=policy,
            knowledge=knowledge,
            now=utc_now,
            audit=audit,
        )
        app = create_app(console, access=access)
        closing.enter_context(app.state.watching.listening())
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,  # what it says goes the way of everything that is said
                log_level="warning",
                access_log=False,
                server_header=False,
                ws="none",
                proxy_headers=serving.behind_proxy,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
                ssl_certfile=serving.tls_cert,
                ssl_keyfile=serving.tls_key,
            )
        )

        def run(listening: socket.socket) -> None:
            address = f"{'https' if serving.tls else 'http'}://{bracketed(serving.host)}:{port}"
            say(f"The review console of {serving.warehouse}: {address}/ (Ctrl-C ends it)")
            if key is not None:
                say(f"Sign in once within 10 minutes: {address}/enter?key={key.value}")
            tell("console_started", port=port, warehouse=serving.warehouse)
            with _ending_cleanly():
                server.run(sockets=[listening])
            tell("console_stopped", port=port)

        yield run


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens.

    Raises:
        CommandError: the address is not one of this machine, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=LONGEST_PATIENCE)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise CommandError(
            f"cannot listen on {bracketed(host)}:{port}: {reason}. Another console may be running "
            "there; choose another port with --port, or 0 for a free one",
            ENVIRONMENT,
        ) from error
    # An answer goes out as it is written. asyncio does not ask for it on sockets that it is given,
    # and without it every second answer of a connection waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        yield listening


@contextmanager
def _ending_cleanly() -> Iterator[None]:
    """SIGINT and SIGTERM end the server, and after it what is open is closed.

    The server handles both while it runs and raises them again when it has ended: by then there is
    nothing left to interrupt.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    former = {each: signal.signal(each, lambda *_: None) for each in signals}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
