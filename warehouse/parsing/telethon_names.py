"""Telegram's own names for media and actions, as Telegram Desktop calls them, and its fields."""

from __future__ import annotations

MEDIA = {
    "Photo": "photo",
    "Document": "file",
    "Contact": "contact",
    "Geo": "location",
    "GeoLive": "location",
    "Venue": "location",
    "Poll": "poll",
    "ToDo": "todo_list",
    "Invoice": "invoice",
    "Game": "game",
    "Giveaway": "giveaway",
    "GiveawayResults": "giveaway",
}

#: MessageAction… to Telegram Desktop's ``action``; others keep Telegram's name.
ACTIONS = {
    "ChatCreate": "create_group",
    "ChatEditTitle": "edit_group_title",
    "ChatEditPhoto": "edit_group_photo",
    "ChatDeletePhoto": "delete_group_photo",
    "ChatAddUser": "invite_members",
    "ChatDeleteUser": "remove_members",
    "ChatJoinedByLink": "join_group_by_link",
    "ChatJoinedByRequest": "join_group_by_request",
    "ChannelCreate": "create_channel",
    "ChatMigrateTo": "migrate_to_supergroup",
    "ChannelMigrateFrom": "migrate_from_group",
    "PinMessage": "pin_message",
    "HistoryClear": "clear_history",
    "GameScore": "score_in_game",
    "PaymentSent": "send_payment",
    "PaymentSentMe": "send_payment",
    "PhoneCall": "phone_call",
    "ScreenshotTaken": "take_screenshot",
    "BotAllowed": "allow_sending_messages",
    "ContactSignUp": "joined_telegram",
    "GeoProximityReached": "proximity_reached",
    "GroupCall": "group_call",
    "GroupCallScheduled": "group_call_scheduled",
    "InviteToGroupCall": "invite_to_group_call",
    "SetMessagesTTL": "set_messages_ttl",
    "SetChatTheme": "edit_chat_theme",
    "SetChatWallPaper": "set_chat_wallpaper",
    "TopicCreate": "topic_created",
    "TopicEdit": "topic_edit",
    "GiftPremium": "send_premium_gift",
    "GiveawayLaunch": "giveaway_launch",
    "GiveawayResults": "giveaway_results",
    "BoostApply": "boost_apply",
}

#: Fields of a message that are known and have no column.
DETAILS = frozenset(
    """
    replies grouped_id restriction_reason noforwards out mentioned media_unread silent post legacy
    edit_hide pinned from_scheduled invert_media offline ttl_period reply_markup saved_peer_id
    via_business_bot_id effect factcheck quick_reply_shortcut_id report_delivery_until_date
    from_boosts_applied video_processing_pending paid_message_stars suggested_post from_rank
    reactions_are_possible schedule_repeat_period updated_utc retrieved_utc
    paid_suggested_post_stars paid_suggested_post_ton summary_from_language
    """.split()  # noqa: SIM905  (so many words read better like this)
)

#: What could be used only by the session that made a dump, and large: not kept.
SESSION_FIELDS = frozenset(
    {
        "access_hash",
        "file_reference",
        "dc_id",
        "sizes",
        "thumbs",
        "video_sizes",
        "video_thumbs",
        "stripped_thumb",
        "photo_big",
        "photo_small",
        "waveform",
    }
)
