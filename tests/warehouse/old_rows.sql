-- One small warehouse in the columns that every released schema has: a channel with three messages
-- (one edited, one deleted), flags, an indicator, something in quarantine, and a decision.
INSERT INTO base.runs VALUES (1, 'run-1', 'f', 'finished', '2024-03-01 10:00:00+00', '2024-03-01 10:01:00+00', '{}', '{}');
INSERT INTO base.sources VALUES (1, 'aa', 'old.json', 100, 'telegram_desktop', NULL, 1), (2, 'bb', 'new.json', 120, 'telegram_desktop', NULL, 1);
INSERT INTO base.readings VALUES (1, 'r', 'm1', 1, 4, 1, true, '[]', true), (2, 'r', 'm1', 1, 2, 0, true, '[]', true);
INSERT INTO base.batches VALUES
    (1, 'b1', 'messages', 1, 1, 'r', 0, 3, 3, 0, 0, 3, '2024-03-01 10:00:30+00'),
    (2, 'b2', 'quarantine', 1, 1, 'r', 0, 1, 0, 0, 1, 0, '2024-03-01 10:00:30+00'),
    (3, 'b3', 'messages', 1, 2, 'r', 0, 2, 1, 1, 0, 1, '2024-03-01 10:00:40+00');
INSERT INTO base.channels VALUES (1, 'tg:1');
INSERT INTO base.channel_facts VALUES
    (1, 1, 'old name', 'name', 'public_channel', NULL, 1, 3, '2024-02-01 00:00:00+00'),
    (1, 2, 'new name', 'name', 'public_channel', NULL, 1, 3, '2024-02-02 00:00:00+00');
INSERT INTO base.snapshots VALUES
    (1, 1, 1, true, '2024-02-01 00:00:00+00', '2024-02-01 00:00:00+00', 1, 3),
    (2, 2, 1, true, '2024-02-02 00:00:00+00', '2024-02-02 00:00:00+00', 1, 3);
INSERT INTO base.revisions (
    revision_no, channel_no, message_id, content_id, kind, sent_at, time_basis, author_name, text, entities,
    views, reactions, position, batch_no, language, language_probability
) VALUES
    (1, 1, 1, '00000000-0000-0000-0000-000000000001', 'message', '2024-01-01 00:00:00+00', 'unix', 'Somebody', 'متن one', [], 10, [], 'messages[0]', 1, 'prs', 0.9),
    (2, 1, 2, '00000000-0000-0000-0000-000000000002', 'message', '2024-01-02 00:00:00+00', 'unix', NULL, 'two', [{'start': 0, 'end': 3, 'type': 'bold', 'value': NULL}], NULL, [{'kind': 'emoji', 'label': '+', 'count': 3}], 'messages[1]', 1, 'en', 0.8),
    (3, 1, 3, '00000000-0000-0000-0000-000000000003', 'message', '2024-01-03 00:00:00+00', 'unix', NULL, 'three', [], NULL, [], 'messages[2]', 1, 'en', 0.7),
    (4, 1, 1, '00000000-0000-0000-0000-000000000004', 'message', '2024-01-01 00:00:00+00', 'unix', NULL, 'متن one, edited', [], 12, [], 'messages[0]', 3, 'prs', 0.9);
INSERT INTO base.sightings VALUES (1, 1, 1, 0, 1, 10, NULL), (1, 2, 1, 1, 2, NULL, NULL), (1, 3, 1, 2, 3, NULL, NULL), (1, 1, 2, 0, 4, 12, NULL), (1, 2, 2, 1, 2, NULL, NULL);
INSERT INTO base.standings VALUES (1, 'superseded', NULL, NULL), (3, 'deleted', 1, 2);
INSERT INTO base.quarantine VALUES (1, 2, 'messages[3]', 50, 'tg:1', 4, 'bad', 'raw'::BLOB);
INSERT INTO base.analyses (
    revision_no, channel_no, message_id, model_version, channel_actor, language, language_probability,
    language_mixed, language_abstained, scores, indicators, batch_no
)
SELECT
    revision_no, channel_no, message_id, 'm1', 'ttp', language, language_probability, [], NULL,
    [{'label': 'hostile', 'source': 'ttp', 'target': 'iskp', 'probability': 0.9, 'abstained': NULL, 'status': 'flagged',
      'severity': 2, 'frames': ['other'], 'routes': []::VARCHAR[], 'evidence': [{'start': 0, 'end': 3, 'shows': 'cue'}]}],
    [], batch_no
FROM base.revisions;
INSERT INTO base.flags
SELECT
    revision_no, channel_no, message_id, content_id, sent_at, language, text, position, batch_no, 'ttp', 'hostile', 'ttp',
    'iskp', 0.9, 'flagged', 2, ['other'], [], [{'start': 0, 'end': 3, 'shows': 'cue'}], 'm1'
FROM base.revisions;
INSERT INTO base.indicators VALUES (2, 1, 2, '2024-01-02 00:00:00+00', 'bitcoin', 'x', 0, 3, true, 1, 'm1');
INSERT INTO base.decisions (
    decision_id, channel_key, message_id, content_id, label, source, target, judgement, spans, reviewer, decided_at,
    reason, note, model_version
) VALUES (
    '10000000-0000-0000-0000-000000000000', 'tg:1', 2, '00000000-0000-0000-0000-000000000002', 'hostile', 'ttp', 'iskp',
    'confirm', [{'start': 0, 'end': 3, 'shows': 'cue'}], 'asma', '2024-03-02 00:00:00+00', 'clear', 'a note', 'm1'
);
