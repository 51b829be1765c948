-- One round: a text leads a new item where no earlier one that it is near leads or may yet lead; what is
-- near one that leads does not. After the last round it is as if each text had come on its own.
-- Grain of the answer: one row: whether anything is undecided still. Read by: review/folding.py.
INSERT INTO leaders
SELECT text_no FROM undecided WHERE text_no NOT IN (
    SELECT text_no FROM near WHERE earlier IN (SELECT text_no FROM undecided)
);

DELETE FROM undecided WHERE text_no IN (SELECT text_no FROM leaders) OR text_no IN (
    SELECT text_no FROM near WHERE earlier IN (SELECT text_no FROM leaders)
);

SELECT count(*) > 0 AS undecided FROM undecided;
