-- What Dailies made of an empty database on 2026-11-25, before the days' sums.
CREATE TABLE households (
	job_id VARCHAR NOT NULL,
	household VARCHAR NOT NULL,
	created_at DATETIME NOT NULL,
	PRIMARY KEY (job_id)
);
CREATE INDEX households_by_age ON households (created_at);
CREATE INDEX households_by_day ON households (household, created_at);
CREATE TABLE jobs (
	id VARCHAR NOT NULL,
	token VARCHAR NOT NULL,
	owner VARCHAR NOT NULL,
	model VARCHAR NOT NULL,
	provider VARCHAR NOT NULL,
	live BOOLEAN NOT NULL,
	key_from VARCHAR NOT NULL,
	params JSON NOT NULL,
	request_id VARCHAR NOT NULL,
	request_key VARCHAR,
	state VARCHAR NOT NULL,
	provider_status VARCHAR NOT NULL,
	generation_id VARCHAR,
	progress FLOAT,
	note VARCHAR NOT NULL,
	dollars FLOAT,
	usage JSON NOT NULL,
	files JSON NOT NULL,
	facts JSON NOT NULL,
	error JSON,
	created_at DATETIME NOT NULL,
	submitted_at DATETIME,
	finished_at DATETIME,
	completed_at DATETIME,
	runner VARCHAR NOT NULL,
	revision BIGINT NOT NULL,
	words TEXT,
	account VARCHAR,
	order_digest VARCHAR,
	PRIMARY KEY (id),
	UNIQUE (owner, request_key),
	UNIQUE (token),
	UNIQUE (request_id)
);
CREATE INDEX jobs_by_age ON jobs (owner, created_at);
CREATE INDEX jobs_by_news ON jobs (owner, revision);
CREATE INDEX jobs_by_revision ON jobs (revision);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE TABLE runners (
	id VARCHAR NOT NULL,
	host VARCHAR NOT NULL,
	pid INTEGER NOT NULL,
	beat_at DATETIME NOT NULL,
	boot VARCHAR,
	PRIMARY KEY (id)
);
CREATE TABLE tasks (
	provider VARCHAR NOT NULL,
	live BOOLEAN NOT NULL,
	generation_id VARCHAR NOT NULL,
	job_id VARCHAR NOT NULL,
	PRIMARY KEY (provider, live, generation_id)
);
CREATE TABLE versions (
	number INTEGER NOT NULL,
	PRIMARY KEY (number)
);
INSERT INTO versions (number) VALUES (1);
INSERT INTO versions (number) VALUES (2);
INSERT INTO versions (number) VALUES (3);
INSERT INTO versions (number) VALUES (4);
INSERT INTO versions (number) VALUES (5);
INSERT INTO versions (number) VALUES (6);
INSERT INTO versions (number) VALUES (7);
