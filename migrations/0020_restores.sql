-- How often a backup was put back: a running service then reads anew what it knows of the log by heart.
INSERT INTO settings (name, value) VALUES ('restores', 0);
