-- The inbox files of messages among those that arrive; the macro `arrived` reads them.
SET VARIABLE message_files = $paths;
