-- Every item, to be worked out anew. Read by: review/folding.py.
CREATE OR REPLACE TEMP TABLE refold AS SELECT item_no FROM base.items;
