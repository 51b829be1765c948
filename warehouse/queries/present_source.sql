-- The channels of the reports in `reported`.
INSERT INTO presented SELECT batch_no, source_no, channel_key FROM reported;
