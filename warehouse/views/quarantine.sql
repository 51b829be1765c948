-- quarantine: what could not be read, kept with its reason.
-- Grain: one row per file × position × reason.
-- Units: byte_offset in the decompressed file, null where not known; raw is the bytes as they lay
--   there, at most 64 KiB of them.
-- Read by: `channelwatch check`, whoever repairs an export.
CREATE OR REPLACE VIEW quarantine AS
SELECT
    p.file, p.source_id, p.format, q.position, q.byte_offset, q.channel_key, q.message_id,
    q.reason, q.raw, p.run_id, p.loaded_at
FROM base.quarantine q JOIN base.provenance p USING (batch_no);
