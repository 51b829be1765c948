"""The Arrow schemas that every stage speaks; pure data, importable from any package.

Times are UTC. Spans are half-open, in Unicode code points of the raw text.
"""

from __future__ import annotations

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")

#: A formatted stretch of a message. ``type`` is one of :data:`ENTITY_TYPES`; ``value`` holds what
#: the text itself does not show (the target of a ``text_link``, the id behind a ``mention_name``,
#: the language of a ``pre``).
ENTITY = pa.struct(
    [("start", pa.int32()), ("end", pa.int32()), ("type", pa.string()), ("value", pa.string())]
)
ENTITY_TYPES = [
    "link",
    "text_link",
    "mention",
    "mention_name",
    "hashtag",
    "cashtag",
    "phone",
    "email",
    "bank_card",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "code",
    "pre",
    "spoiler",
    "blockquote",
    "custom_emoji",
    "bot_command",
    "unknown",
]

REACTION = pa.struct([("kind", pa.string()), ("label", pa.string()), ("count", pa.int64())])

#: One row per message as it lies in one file: what a reader yields.
MESSAGES = pa.schema(
    [
        pa.field("channel_key", pa.string(), nullable=False),  # "tg:1234567890"; see readers
        pa.field("message_id", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # message | service | unsupported
        pa.field("sent_at", TIMESTAMP),
        pa.field("edited_at", TIMESTAMP),
        pa.field("time_basis", pa.string(), nullable=False),  # unix | offset | naive | missing
        pa.field("author_id", pa.string()),  # "user123", "channel123"
        pa.field("author_name", pa.string()),
        pa.field("signature", pa.string()),  # the author line of a channel post
        pa.field("forwarded_from_id", pa.string()),
        pa.field("forwarded_from_name", pa.string()),
        pa.field("forwarded_at", TIMESTAMP),
        pa.field("reply_to_id", pa.int64()),
        pa.field("reply_to_channel", pa.string()),  # channel_key, when not the same channel
        pa.field("via_bot", pa.string()),
        pa.field("text", pa.string(), nullable=False),  # "" where there is none
        pa.field("entities", pa.list_(ENTITY), nullable=False),
        pa.field("media_type", pa.string()),  # photo video animation audio voice sticker file …
        pa.field("media_name", pa.string()),
        pa.field("media_mime", pa.string()),
        pa.field("media_bytes", pa.int64()),
        pa.field("views", pa.int64()),
        pa.field("forwards", pa.int64()),
        pa.field("reactions", pa.list_(REACTION), nullable=False),
        pa.field("action", pa.string()),  # service messages: what was done
        pa.field("details", pa.string()),  # JSON of the known fields that have no column
        pa.field("extra", pa.string()),  # JSON of the fields that no reader knows
        pa.field("position", pa.string(), nullable=False),  # "messages[17]", "line 17", "row 17"
    ]
)

#: One row per channel as one file presents it.
CHANNELS = pa.schema(
    [
        pa.field("channel_key", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("username", pa.string()),
        pa.field("type", pa.string()),  # Telegram Desktop's names: public_channel, …
        pa.field("details", pa.string()),  # JSON: description, subscribers, created, scam, …
        # The range of message ids that this file covers completely, null where it does not claim
        # to (filtered or damaged files): what is missing inside the range was deleted.
        pa.field("covers_from", pa.int64()),
        pa.field("covers_to", pa.int64()),
        # The latest time seen in the channel, sent or edited: orders two exports of one channel.
        pa.field("as_of", TIMESTAMP),
    ]
)

#: One row per file or message that could not be read.
QUARANTINE = pa.schema(
    [
        pa.field("position", pa.string(), nullable=False),
        pa.field("byte_offset", pa.int64()),  # in the decompressed stream, where known
        pa.field("channel_key", pa.string()),
        pa.field("message_id", pa.int64()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.binary()),  # the bytes as they lay there, at most 64 KiB of them
    ]
)

#: What ``shows`` may say of an evidence span.
SHOWS = ("target", "cue", "ask", "beneficiary", "route", "claim", "quote")

EVIDENCE = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("shows", pa.string())])

#: A label's answer for one message and, for labels that are directed, one target. Exactly one of
#: ``probability`` and ``abstained`` is null.
SCORE = pa.struct(
    [
        ("label", pa.string()),
        ("source", pa.string()),  # actor id or "unknown"; null for labels without direction
        ("target", pa.string()),  # actor id; null for labels without direction
        ("probability", pa.float32()),  # calibrated, 0 to 1
        ("abstained", pa.string()),  # no_text | language_out_of_scope | too_short
        ("status", pa.string()),  # flagged | review | clear
        ("severity", pa.int8()),  # 1 to 3, hostile only
        ("frames", pa.list_(pa.string())),
        ("routes", pa.list_(pa.string())),
        ("evidence", pa.list_(EVIDENCE)),
    ]
)

INDICATOR = pa.struct(
    [
        ("type", pa.string()),  # bitcoin, ethereum, tron, monero, iban, card, phone, …
        ("value", pa.string()),  # normal form
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("valid", pa.bool_()),  # checksum holds; null where the type has none
    ]
)

SHARE = pa.struct([("tag", pa.string()), ("share", pa.float32())])

#: What a scorer answers: one row per input row, in the same order.
ANALYSES = pa.schema(
    [
        pa.field("channel_actor", pa.string()),  # the affiliation that the scores assumed
        pa.field("language", pa.string(), nullable=False),  # BCP 47 tag, "und" or "zxx"
        pa.field("language_probability", pa.float32()),  # null exactly when abstained
        pa.field("language_mixed", pa.list_(SHARE), nullable=False),  # largest first; empty: one
        pa.field("language_abstained", pa.string()),
        pa.field("scores", pa.list_(SCORE), nullable=False),
        pa.field("indicators", pa.list_(INDICATOR), nullable=False),
        # SimHash of the words: near-copies differ in few of the 64 bits; null without words.
        pa.field("fingerprint", pa.uint64()),
        # Evidence for Dari (above 0) or Iranian Persian (below) as the natural logarithm of the
        # odds; null where the text is not Persian. Adds up over a channel.
        pa.field("dari_log_odds", pa.float32()),
        pa.field("model_version", pa.string(), nullable=False),
    ]
)

#: What a benchmark run measured: one row per suite × model × slice × metric.
BENCHMARKS = pa.schema(
    [
        pa.field("measured_at", TIMESTAMP, nullable=False),
        pa.field("suite", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("slice", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
    ]
)

#: Gold labels of a synthetic message, joined on channel, id and text; ``text`` as in the export.
GOLD_HOSTILE = pa.struct(
    [
        ("source", pa.string()),
        ("target", pa.string()),
        ("severity", pa.int8()),
        ("frames", pa.list_(pa.string())),
    ]
)
GOLD = pa.schema(
    [
        pa.field("channel_key", pa.string(), nullable=False),
        pa.field("message_id", pa.int64(), nullable=False),
        pa.field("text_sha256", pa.string(), nullable=False),  # of the UTF-8 text: the revision
        pa.field("split", pa.string(), nullable=False),  # train | validation | test
        pa.field("family", pa.string(), nullable=False),
        pa.field("function", pa.string(), nullable=False),  # the act the message was built for
        pa.field("language", pa.string(), nullable=False),
        pa.field("mixed", pa.list_(pa.string()), nullable=False),  # code-switching: all its tags
        pa.field("channel_actor", pa.string()),
        pa.field("hostile", pa.list_(GOLD_HOSTILE), nullable=False),
        pa.field("solicits_donation", pa.bool_(), nullable=False),
        pa.field("routes", pa.list_(pa.string()), nullable=False),
        pa.field("claims_attack", pa.bool_(), nullable=False),
        pa.field("review", pa.bool_(), nullable=False),  # an ask whose beneficiary is not clear
        pa.field("obfuscation", pa.list_(pa.string()), nullable=False),
    ]
)
