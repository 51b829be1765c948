-- Is there a standing to work out?
SELECT count(*) FROM affected;
