-- The message that an item shows, but for its text. Grain: one row. Read by: review/record.py.
SELECT
    kind, sent_at, edited_at, time_basis, author_id, author_name, signature, forwarded_from_name,
    reply_to_id, reply_to_channel, language_probability, media_type, media_name, media_mime,
    media_bytes, views, forwards, position, batch_no
FROM base.revisions WHERE revision_no = $revision_no;
