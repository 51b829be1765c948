-- Flagged and review scores per label, target and language.
SELECT label, target, language, status, count(*) AS messages
FROM flagged GROUP BY ALL ORDER BY messages DESC, label, target, language, status;
