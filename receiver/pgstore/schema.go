package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrationLock is the key of the advisory lock that lets one process at a time
// bring the schema up to date.
const migrationLock = 0x73686b6d // shkm

// migrate runs the steps that the schema lacks, all in one transaction: step n
// of it makes version n+1 out of version n.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return fmt.Errorf("waiting to prepare the schema: %w", err)
		}
		version, err := versionOf(ctx, tx)
		if err != nil {
			return err
		}
		for n, step := range schema[version:] {
			if _, err := tx.Exec(ctx, step); err != nil {
				return fmt.Errorf("making version %d of the schema: %w", version+n+1, err)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO scrapehook.versions (version) VALUES ($1)`, version+n+1); err != nil {
				return fmt.Errorf("recording version %d of the schema: %w", version+n+1, err)
			}
		}
		return nil
	})
}

// versionOf returns the schema's version, 0 if there is none. One that this
// program does not know is an error.
func versionOf(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (version int, err error) {
	var there bool
	err = q.QueryRow(ctx, `SELECT to_regclass('scrapehook.versions') IS NOT NULL`).Scan(&there)
	if err == nil && there {
		err = q.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM scrapehook.versions`).Scan(&version)
	}
	if err != nil {
		return 0, fmt.Errorf("asking for the schema's version: %w", err)
	}
	if version > len(schema) {
		return 0, fmt.Errorf("the schema is of version %d, and this program knows only %d: use the newer program that made it", version, len(schema))
	}
	return version, nil
}

// schema is one step a version.
var schema = []string{`
-- Not IF NOT EXISTS: that asks for the right to make schemas also where the
-- operator has made this one.
DO $$ BEGIN
	IF to_regnamespace('scrapehook') IS NULL THEN
		CREATE SCHEMA scrapehook;
	END IF;
END $$;

CREATE TABLE scrapehook.versions (
	version integer     PRIMARY KEY,
	made_at timestamptz NOT NULL DEFAULT now()
);

-- What arrived, about in the order of arrival. Rows are never changed.
CREATE TABLE scrapehook.inbox (
	id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	received_at  timestamptz NOT NULL,
	job_id       bigint      NOT NULL,
	status       text        NOT NULL,
	sitemap_id   bigint      NOT NULL,
	sitemap_name text        NOT NULL,
	custom_id    text        NOT NULL
);

-- What is to be done about it, one row a job.
CREATE TABLE scrapehook.imports (
	job_id       bigint      PRIMARY KEY,
	wanted       bigint      NOT NULL,            -- notifications that want the import
	done         bigint      NOT NULL DEFAULT 0,  -- how many of them it has satisfied
	wanted_since timestamptz NOT NULL,            -- while it is wanted
	next_try     timestamptz NOT NULL,            -- when it is due; while leased, when the lease ends
	attempts     integer     NOT NULL DEFAULT 0,  -- failed ones since it was last done
	lease_owner  text        NOT NULL DEFAULT '', -- empty: not leased
	outcome      text        NOT NULL DEFAULT '', -- of the last time it was done
	last_error   text        NOT NULL DEFAULT ''
);
CREATE INDEX imports_due ON scrapehook.imports (next_try) WHERE wanted > done;

-- One row a job whose rows are in imported_rows.
CREATE TABLE scrapehook.imported_jobs (
	job_id       bigint      PRIMARY KEY,
	status       text        NOT NULL, -- of the job, when these were its rows
	partial      boolean     NOT NULL, -- the job did not run to its end
	sitemap_id   bigint      NOT NULL,
	sitemap_name text        NOT NULL,
	custom_id    text        NOT NULL,
	row_count    bigint      NOT NULL,
	imported_at  timestamptz NOT NULL,
	fingerprint  text        NOT NULL  -- what the cloud said of the job then
);

-- The rows, numbered from 1 in the order of the download.
CREATE TABLE scrapehook.imported_rows (
	job_id bigint NOT NULL,
	n      bigint NOT NULL,
	data   json   NOT NULL, -- the JSON object as it was received
	PRIMARY KEY (job_id, n)
);
`, `
-- Takes what PostgreSQL can't have in a text out of a row: \u0000, and halves of
-- surrogate pairs. A backslash of the row itself is put aside first.
CREATE FUNCTION scrapehook.readable(data json) RETURNS json LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(replace(data::text, '\\', '\u005c'),
		'\\u0000', '\ufffd', 'g'),
		'\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])', '\ufffd', 'g'),
		'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}', '\ufffd', 'g')::json
$$;

-- The value of a row's field, as ->> has it; but ->> fails, and with it the whole
-- query, where anything in the row can't be a text.
CREATE FUNCTION scrapehook.field(data json, name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT CASE WHEN data::text ~ '\\u(0000|[dD][89a-fA-F])' THEN scrapehook.readable(data)->>name ELSE data->>name END
$$;
`}
