-- How the priorities of open items are spread: 101 quantiles, from the least urgent to the most.
-- Grain: one row, null where nothing is open. Units: natural logarithms. Read by: review/finding.py.
SELECT quantile_cont(priority, [n / 100 for n in range(101)]) AS ranks
FROM base.items WHERE state <> 'decided';
