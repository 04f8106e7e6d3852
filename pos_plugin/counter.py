"""The till API at the counter: each call asked from the service while the line is worth it."""

import re
import time
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, Final

from loyalty.wire.messages import read_moment
from loyalty.wire.refusals import Refusal
from pos_plugin.acts import Act, ActKind, ActState
from pos_plugin.agent import Agent, QueueNotEmptyError
from pos_plugin.alone import redemption_of
from pos_plugin.cashiers import Cashiers
from pos_plugin.client import SESSION_NEEDS, UNKNOWN_TILL, NoAnswerError, RefusedError
from pos_plugin.guard import Holder, Tokens, token_cookie
from pos_plugin.handing import Handing
from pos_plugin.local import actions_here, kept_answer, look_at, note_card, scan_here, shown_of
from pos_plugin.queue import ActConflictError
from pos_plugin.receipts import Receipts
from pos_plugin.redeeming import Redeeming
from pos_plugin.web import Answer, RefusedHereError, Request, answer_json, answer_problem, refuse
from pos_plugin.words import LANGUAGES, Speaker, speaker_of

Json = dict[str, Any]

TOTAL_MINOR_MAX: Final = 1_000_000_000
CODE_CHARS_MAX: Final = 2048
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}", re.ASCII)
_STAFF: Final = re.compile(r"[0-9a-fA-F-]{32,36}", re.ASCII)
_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)
# What each kind of act is named by, may hold, and is refused with when its id is another act's.
_FIELDS: Final[Mapping[ActKind, frozenset[str]]] = {
    "sale": frozenset(
        {
            "sale_id",
            "total_minor",
            "currency",
            "sold_at",
            "code",
            "scanned_at",
            "clock",
            "lines",
            "claim_id",
            "customer_ref",
            "connector",
            "hold_id",
        }
    ),
    "refund": frozenset({"refund_id", "amount_minor", "lines", "refunded_at", "reason"}),
    "reassignment": frozenset({"reassignment_id", "code", "scanned_at", "clock"}),
}
_CONFLICT: Final[Mapping[ActKind, Refusal]] = {
    "sale": Refusal.SALE_CONFLICT,
    "refund": Refusal.REFUND_CONFLICT,
    "reassignment": Refusal.REASSIGNMENT_CONFLICT,
}


class Counter:
    """Answers the page of one till."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._tokens = Tokens()
        self._cashiers = Cashiers(agent.service, agent.books)
        self.handing = Handing(agent, self._ask, self._speaker)
        self.receipts = Receipts(self._ask)
        self.redeeming = Redeeming(agent, self._ask, self._speaker)

    # Who is at the till.

    def session(self, request: Request) -> Answer:
        """Give the page what it needs to begin, and the token where nobody has a PIN."""
        told = self._session(request, fresh=True)
        if told is None:
            return refuse(Refusal.STORAGE_UNAVAILABLE, request.language)
        holder = self._tokens.holder(request.environ)
        staff = {one["staff_id"]: one for one in told["staff"]}
        body = {
            **told,
            "cashier": staff.get(holder.staff_id) if holder and holder.staff_id else None,
            "pin_needed": bool(staff),
            **self._standing(),
        }
        if staff or holder is not None:
            return answer_json(body)
        return self._unlocked(request, body, self._tokens.give(None))

    def sign_in(self, request: Request) -> Answer:
        """Let a cashier in with a PIN."""
        body = request.json()
        staff_id, pin = str(body.get("staff_id", "")), str(body.get("pin", ""))
        if _STAFF.fullmatch(staff_id) is None or _PIN.fullmatch(pin) is None:
            raise RefusedHereError(Refusal.MALFORMED_REQUEST)
        staff = {one["staff_id"]: one for one in (self._session(request) or {}).get("staff", ())}
        if staff_id not in staff:
            raise RefusedHereError(Refusal.PIN_NEEDS_LINE)
        self._cashiers.check(staff_id, pin, language=request.language)
        old = self._tokens.holder(request.environ)
        if old is not None:
            self._tokens.take_back(old)
        holder = self._tokens.give(staff_id)
        return self._unlocked(request, {"cashier": staff[staff_id]}, holder)

    def sign_out(self, request: Request) -> Answer:
        """End a cashier's turn, once what was confirmed has reached the shop or a file."""
        self._need_empty(with_aside=False)
        holder = self._tokens.holder(request.environ)
        if holder is not None:
            self._tokens.take_back(holder)
        return Answer(
            HTTPStatus.NO_CONTENT, headers={"Set-Cookie": _cookie(request, "", "; Max-Age=0")}
        )

    def need_holder(self, request: Request) -> Holder:
        """Find who unlocked this browser.

        Errors: `RefusedHereError` (`pin_needed` where the store has PINs, else `sign_in_needed`).
        """
        holder = self._tokens.holder(request.environ)
        staff = {one["staff_id"] for one in (self._session(request) or {}).get("staff", ())}
        if staff and (holder is None or holder.staff_id not in staff):
            raise RefusedHereError(Refusal.PIN_NEEDED)
        if holder is None:
            raise RefusedHereError(Refusal.SIGN_IN_NEEDED)
        return holder

    def unpair(self, request: Request, _holder: Holder) -> Answer:
        """Refuse: a till that serves is let go by `enlaza-till unpair`, when nothing waits."""
        self._need_empty(with_aside=True)
        return refuse(Refusal.METHOD_NOT_ALLOWED, request.language)

    def _need_empty(self, *, with_aside: bool) -> None:
        try:
            self._agent.need_empty(with_aside=with_aside)
        except QueueNotEmptyError as error:
            raise RefusedHereError(Refusal.QUEUE_NOT_EMPTY, waiting=error.unsent) from error

    # How it stands.

    def state(self, _request: Request) -> Answer:
        """Tell how the agent stands."""
        standing = self._standing()
        return answer_json({**standing.pop("agent"), **standing})

    def time(self, _request: Request) -> Answer:
        """Tell the time, as well as this till knows it."""
        return answer_json(self._time())

    def trust(self, request: Request, _holder: Holder) -> Answer:
        """Give the trust list as it was signed."""
        kept = self._agent.books.last("trust")
        if kept is None:
            return refuse(Refusal.STORAGE_UNAVAILABLE, request.language)
        return answer_json(kept[0])

    # Reading a card.

    def scan(self, request: Request, _holder: Holder) -> Answer:
        """Say whose card it is: by the service, else by the copy."""
        body = request.json()
        code = body.get("code")
        if not isinstance(code, str) or not 1 <= len(code) <= CODE_CHARS_MAX:
            raise RefusedHereError(Refusal.MALFORMED_REQUEST)
        told = self._ask("POST", "/scans", request, body=body, needs=("outcome", "display"))
        if told is None:
            return answer_json(scan_here(self._agent, body, self._speaker(request)))
        note_card(self._agent, told.get("code"), told.get("person"), told.get("points"))
        return answer_json(told)

    # What is confirmed.

    def sell(self, request: Request, holder: Holder) -> Answer:
        """Take a sale."""
        body = request.json()
        sale_id = _id_of(body, "sale_id")
        _need_amount(body, "total_minor", least=0)
        session = self._session(request)
        if session is not None and body.get("currency") != session["money"]["currency"]:
            raise RefusedHereError(Refusal.CURRENCY_MISMATCH)
        _need_moment(body, "sold_at")
        return self._take(request, holder, kind="sale", sale_id=sale_id, body=body, act_id=sale_id)

    def refund(self, request: Request, holder: Holder, sale_id: str) -> Answer:
        """Take a refund."""
        body = request.json()
        act_id = _id_of(body, "refund_id")
        # Nothing is the whole of a sale that points paid; the shop knows which those are.
        _need_amount(body, "amount_minor", least=0)
        _need_moment(body, "refunded_at")
        return self._take(request, holder, kind="refund", sale_id=sale_id, body=body, act_id=act_id)

    def reassign(self, request: Request, holder: Holder, sale_id: str) -> Answer:
        """Take a change of card."""
        body = request.json()
        act_id = _id_of(body, "reassignment_id")
        return self._take(
            request, holder, kind="reassignment", sale_id=sale_id, body=body, act_id=act_id
        )

    def _take(
        self,
        request: Request,
        holder: Holder,
        *,
        kind: ActKind,
        sale_id: str,
        body: Json,
        act_id: str,
    ) -> Answer:
        if not body.keys() <= _FIELDS[kind]:
            raise RefusedHereError(Refusal.MALFORMED_REQUEST)
        speaker = self._speaker(request)
        act = Act(
            act_id=act_id,
            kind=kind,
            sale_id=sale_id,
            body=body,
            staff_id=holder.staff_id,
            made_at=self._agent.clock.moment(),
            shown=shown_of(self._agent, kind, sale_id, body, speaker),
        )
        self._agent.drainer.language = speaker.language
        try:
            state = self._agent.take(act, before=redemption_of(self._agent, act, speaker))
        except ActConflictError as error:
            raise RefusedHereError(_CONFLICT[kind]) from error
        return self._became(state, speaker)

    def _became(self, state: ActState, speaker: Speaker) -> Answer:
        if state.state == "done" and state.answer is not None:
            answer = state.answer
            points = answer.get("points") or {}
            note_card(
                self._agent, state.act.body.get("code"), answer.get("person"), points.get("balance")
            )
            replayed = answer.get("replayed") is True
            return answer_json(answer, HTTPStatus.OK if replayed else HTTPStatus.CREATED)
        if state.state in {"aside", "dismissed"}:
            return answer_problem({**(state.problem or {}), "aside": True})
        code = state.act.body.get("code")
        card = look_at(self._agent, code).card if isinstance(code, str) else None
        return answer_json(kept_answer(state.act, card, speaker), HTTPStatus.ACCEPTED)

    def act(self, request: Request, _holder: Holder, act_id: str) -> Answer:
        """Tell what became of an act."""
        state = self._agent.queue.act(act_id)
        if state is None:
            return refuse(Refusal.NOT_FOUND, request.language)
        return answer_json({"state": state.state, "answer": state.answer, "problem": state.problem})

    def actions(self, request: Request, _holder: Holder) -> Answer:
        """List the last acts of this till."""
        told = self._ask("GET", "/till/actions", request, needs=("actions",))
        rows = actions_here(
            self._agent, None if told is None else told["actions"], self._speaker(request)
        )
        return answer_json({"actions": rows})

    def goods_left(self, request: Request, _holder: Holder, sale_id: str) -> Answer:
        """Tell what of a sale can still come back; only the shop knows."""
        path = f"/till/actions/{sale_id}"
        told = self._ask("GET", path, request, needs=("lines", "left_minor"))
        if told is None:
            return refuse(Refusal.STORAGE_UNAVAILABLE, request.language)
        return answer_json(told)

    # What has not reached the shop.

    def unsent(self, _request: Request, _holder: Holder) -> Answer:
        """List what waits and what was set aside."""
        return answer_json(self._agent.queue.export())

    def export(self, _request: Request, _holder: Holder) -> Answer:
        """Give the same for a file; with it the till may be let go."""
        return answer_json(self._agent.export())

    def aside(self, _request: Request, _holder: Holder) -> Answer:
        """List what the service refused for ever."""
        return answer_json({"acts": [state.document() for state in self._agent.queue.aside()]})

    def dismiss(self, request: Request, _holder: Holder, act_id: str) -> Answer:
        """Put an act away that a person has looked at."""
        if not self._agent.queue.dismiss(act_id):
            return refuse(Refusal.NOT_FOUND, request.language)
        return Answer(HTTPStatus.NO_CONTENT)

    def dismiss_damage(self, _request: Request, _holder: Holder) -> Answer:
        """Put the notice of a damaged file away."""
        self._agent.queue.dismiss_damage()
        return Answer(HTTPStatus.NO_CONTENT)

    # Asking the service.

    def _ask(
        self,
        method: str,
        path: str,
        request: Request,
        *,
        needs: Collection[str],
        body: Json | None = None,
    ) -> Json | None:
        """Ask within the line's patience; None when there was no answer in time.

        Errors: `RefusedError` when the service's no is the cashier's answer.
        """
        patience_s = self._agent.line.patience_s()
        if patience_s == 0:
            return None
        began = time.monotonic()
        try:
            return self._agent.service.call(
                method,
                path,
                body=body,
                timeout_s=patience_s,
                language=request.language,
                needs=needs,
            ).body
        except NoAnswerError:
            return None
        except RefusedError as refusal:
            is_ours = refusal.code in UNKNOWN_TILL
            if is_ours or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return None
            raise
        finally:
            self._agent.line.waited(time.monotonic() - began)

    def _session(self, request: Request, *, fresh: bool = False) -> Json | None:
        """Give the session in the page's language, else in another; None when none is known."""
        language = request.language
        if fresh:
            told = self._ask("GET", "/till/session", request, needs=SESSION_NEEDS)
            if told is not None:
                self._agent.books.keep("session", told)
                self._agent.books.keep(f"session:{told['language']}", told)
        found = [
            self._agent.books.last(name)
            for name in ("session", *(f"session:{each}" for each in LANGUAGES))
        ]
        known = sorted((kept for kept in found if kept is not None), key=lambda kept: kept[1])
        spoken = [kept[0] for kept in known if kept[0]["language"] == language]
        if not known:
            return None
        newest = known[-1][0]
        # Who works here is the newest word; how amounts are written is the language's.
        return {**newest, "money": spoken[-1]["money"]} if spoken else newest

    def _speaker(self, request: Request) -> Speaker:
        session = self._session(request)
        paired = self._agent.paired
        language = request.language or paired.store.get("language")
        told = session or {"money": paired.settings["money"], "store": paired.store}
        return speaker_of(told, language if language in LANGUAGES else LANGUAGES[0])

    def _standing(self) -> Json:
        return {"agent": self._agent.state().to_json(), **self._time()}

    def _time(self) -> Json:
        # A page that is told no time keeps saying that its clock is unsure.
        sure = self._agent.clock.is_sure()
        return {"server_time": self._agent.clock.moment() if sure else None}

    @staticmethod
    def _unlocked(request: Request, body: Json, holder: Holder) -> Answer:
        return answer_json(body, Set_Cookie=_cookie(request, holder.token))


def _cookie(request: Request, token: str, more: str = "") -> str:
    name = token_cookie(request.environ)
    return f"{name}={token}; Path=/; HttpOnly; SameSite=Strict{more}"


def _id_of(body: Json, name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str) or _ID.fullmatch(found) is None:
        raise RefusedHereError(Refusal.MALFORMED_REQUEST)
    return found


def _need_amount(body: Json, name: str, *, least: int) -> None:
    found = body.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise RefusedHereError(Refusal.MALFORMED_REQUEST)
    if not least <= found <= TOTAL_MINOR_MAX:
        raise RefusedHereError(Refusal.AMOUNT_INVALID)


def _need_moment(body: Json, name: str) -> None:
    try:
        read_moment(str(body.get(name)))
    except ValueError as error:
        raise RefusedHereError(Refusal.MALFORMED_REQUEST) from error
