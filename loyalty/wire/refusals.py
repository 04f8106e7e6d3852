"""The stable codes of every refusal; tills and integrators may rely on them.

A code is never renamed or reused. Its HTTP status stands in `app/problems.py`, its page in
`docs/reference/refusals.md`.
"""

from enum import StrEnum


class Refusal(StrEnum):
    """Why Enlaza did not do what was asked."""

    # The request itself.
    MALFORMED_REQUEST = "malformed_request"
    BODY_TOO_LARGE = "body_too_large"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    FORM_EXPIRED = "form_expired"
    # Who asks.
    SIGN_IN_NEEDED = "sign_in_needed"
    NOT_ALLOWED = "not_allowed"
    TILL_REVOKED = "till_revoked"
    FOREIGN_ORIGIN = "foreign_origin"
    TOO_MANY_TRIES = "too_many_tries"
    RATE_LIMITED = "rate_limited"
    # Signing in and pairing.
    LINK_EXPIRED = "link_expired"
    PAIRING_CODE_WRONG = "pairing_code_wrong"
    PIN_WRONG = "pin_wrong"
    PIN_NEEDED = "pin_needed"
    PIN_NEEDS_LINE = "pin_needs_line"  # answered by the agent at the counter
    # Sales and points.
    AMOUNT_INVALID = "amount_invalid"
    CURRENCY_MISMATCH = "currency_mismatch"
    SALE_CONFLICT = "sale_conflict"
    SALE_ID_RESERVED = "sale_id_reserved"
    SALE_UNKNOWN = "sale_unknown"
    REFUND_CONFLICT = "refund_conflict"
    REFUND_EXCEEDS_SALE = "refund_exceeds_sale"
    REASSIGNMENT_CONFLICT = "reassignment_conflict"
    UNDO_TOO_LATE = "undo_too_late"
    OTHER_TILL = "other_till"
    ALREADY_USED = "already_used"
    POINTS_INVALID = "points_invalid"
    POINTS_SHORT = "points_short"
    REDEEMING_BLOCKED = "redeeming_blocked"
    HOLD_UNKNOWN = "hold_unknown"
    HOLD_ENDED = "hold_ended"
    HOLD_EXCEEDED = "hold_exceeded"
    GIVE_BACK_EXCEEDED = "give_back_exceeded"
    ADJUST_LIMIT = "adjust_limit"
    # Rewards.
    REWARD_NOT_OFFERED = "reward_not_offered"
    REWARD_SOLD_OUT = "reward_sold_out"
    REWARD_LIMIT = "reward_limit"
    REWARD_DOES_NOT_FIT = "reward_does_not_fit"
    PROOF_NEEDED = "proof_needed"
    MEMBER_PIN_WRONG = "member_pin_wrong"
    ALLOWANCE_EXCEEDED = "allowance_exceeded"
    HOLD_CONFLICT = "hold_conflict"
    # The agent at the counter, about its own queue.
    TILL_CANNOT_KEEP = "till_cannot_keep"
    QUEUE_NOT_EMPTY = "queue_not_empty"
    # What a store sells.
    STOCK_SHORT = "stock_short"
    LIST_UNREADABLE = "list_unreadable"
    # Orders to collect.
    SLOT_FULL = "slot_full"
    SLOT_UNAVAILABLE = "slot_unavailable"
    ORDER_INVALID = "order_invalid"
    ORDER_CONFLICT = "order_conflict"
    ORDER_STATE = "order_state"
    ORDER_ELSEWHERE = "order_elsewhere"
    CHANGE_TOO_LATE = "change_too_late"
    SPOKEN_CODE_WRONG = "spoken_code_wrong"
    HANDOFF_CONFLICT = "handoff_conflict"
    ORDER_NEEDS_LINE = "order_needs_line"  # answered by the agent at the counter
    POINTS_NEED_LINE = "points_need_line"  # answered by the agent at the counter
    # What other networks say.
    MENTION_INVALID = "mention_invalid"
    NETWORK_TROUBLE = "network_trouble"
    ADDRESS_REFUSED = "address_refused"
    ACCOUNT_TAKEN = "account_taken"
    # Cards, persons, programs.
    CARD_UNKNOWN = "card_unknown"
    CODE_REFUSED = "code_refused"
    EMAIL_INVALID = "email_invalid"
    PHONE_INVALID = "phone_invalid"
    LINK_UNKNOWN = "link_unknown"
    IDENTIFIER_BLOCKED = "identifier_blocked"
    IDENTIFIER_NOT_BLOCKABLE = "identifier_not_blockable"
    IDENTIFIER_UNKNOWN = "identifier_unknown"
    CONSENT_NEEDED = "consent_needed"
    NOTE_EMPTY = "note_empty"
    PROGRAM_EXISTS = "program_exists"
    STORE_ADDRESS_TAKEN = "store_address_taken"
    SETTING_INVALID = "setting_invalid"
    # The feed for programs that follow the shop.
    FEED_PLACE_UNKNOWN = "feed_place_unknown"
    # The house itself.
    STORAGE_UNAVAILABLE = "storage_unavailable"
    INTERNAL_ERROR = "internal_error"
