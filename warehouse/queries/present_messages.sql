-- The channels of the messages in `arrived`.
INSERT INTO presented SELECT DISTINCT batch_no, source_no, channel_key FROM arrived;
