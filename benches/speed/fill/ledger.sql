-- Members with a ledger, as years of use would leave them, in set-based SQL (PostgreSQL). Placeholders: :members how many
-- there shall be in all, :deep how many pairs of earning and spending the first one has besides, :now_ms an
-- instant in Unix milliseconds.
-- Each member has ten transfers: on points three earnings, two spendings of them, a part given back and an earning that is
-- pending; on growth three earnings. What `huiyi reconcile` proves holds for all of it.

-- An instant so many days ago, a bit later for a later row. Both functions are simple enough for the planner to write them
-- out in place: called, they would take most of the time.
CREATE FUNCTION pg_temp.at(days int, n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT to_timestamp((:now_ms - days * bigint '86400000' + n * 80000000 / :members) / 1000.0)
$$;
-- A UUIDv7 of that time: `tag` tells the kinds of rows apart, `n` the rows.
CREATE FUNCTION pg_temp.v7(tag int, days int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(:now_ms - days * bigint '86400000' + n * 80000000 / :members), 12, '0')
        || '7' || lpad(to_hex(tag), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid
$$;

SET maintenance_work_mem = '512MB';
SET work_mem = '128MB';
-- Indexes are built at the end: row by row they would take most of the time.
CREATE TEMP TABLE later AS
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname LIKE 'ix\_%'
        AND tablename IN ('member', 'points_account', 'points_transfer', 'points_lot', 'points_lot_use');
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT indexname FROM later LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

-- Those who are there already come first: they can sign in.
CREATE TEMP TABLE filling AS
    SELECT row_number() OVER (ORDER BY id) AS n, id AS member FROM member;
INSERT INTO filling
    SELECT n, pg_temp.v7(1, 400, n) FROM generate_series((SELECT count(*) FROM filling) + 1, :members) AS n;
INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
    SELECT member, 'unregistered', 'unknown', '{}', 'pos', 'silver', pg_temp.at(400, n), pg_temp.at(400, n),
        pg_temp.at(400, n), 1
    FROM filling ORDER BY n
    ON CONFLICT DO NOTHING;

-- u scales the amounts, so that accounts differ.
CREATE TEMP TABLE filled AS
    SELECT n, member, pg_temp.v7(2, 399, n) AS points, pg_temp.v7(3, 399, n) AS growth, 1 + n % 7 AS u FROM filling;
INSERT INTO points_account (id, member_id, ledger, pending, available, frozen, version, updated_at)
    SELECT points, member, 'points', 50 * u, 210 * u, 0, 7, pg_temp.at(3, n) FROM filled
    UNION ALL
    SELECT growth, member, 'growth', 0, 350 * u, 0, 3, pg_temp.at(3, n) FROM filled
    ORDER BY 1;

-- One step a row, in the order in which they happened; amounts and balances in units of u. A lot is made by the step, `expires`
-- days from now; `settles` is when, in days from now.
CREATE TEMP TABLE step (tag int, days int, ledger text, seq int, kind text, out_of text, goes_to text, amount int,
    pending int, available int, source text, reverses int, lot_left int, settled boolean, settles int, expires int);
INSERT INTO step VALUES
    (11, 300, 'points', 1, 'earn', 'issued', 'available', 100, 0, 100, 'order', NULL, 10, true, -300, 65),
    (12, 293, 'points', 2, 'earn', 'issued', 'available', 40, 0, 140, 'till', NULL, 0, true, -293, 65),
    (13, 200, 'points', 3, 'earn', 'issued', 'available', 200, 0, 340, 'order', NULL, 200, true, -200, 165),
    (14, 193, 'points', 4, 'spend', 'available', 'redeemed', 40, 0, 300, 'till', NULL, NULL, NULL, NULL, NULL),
    (15, 100, 'points', 5, 'spend', 'available', 'redeemed', 120, 0, 180, 'till', NULL, NULL, NULL, NULL, NULL),
    (16, 90, 'points', 6, 'reverse', 'redeemed', 'available', 30, 0, 210, 'till', 15, NULL, NULL, NULL, NULL),
    (17, 3, 'points', 7, 'earn', 'issued', 'pending', 50, 50, 210, 'order', NULL, 50, false, 4, 362),
    (21, 300, 'growth', 1, 'earn', 'issued', 'available', 100, 0, 100, 'order', NULL, 100, true, -300, NULL),
    (22, 200, 'growth', 2, 'earn', 'issued', 'available', 200, 0, 300, 'order', NULL, 200, true, -200, NULL),
    (23, 3, 'growth', 3, 'earn', 'issued', 'available', 50, 0, 350, 'order', NULL, 50, true, -3, NULL);

INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, reverses, order_id, store_id, rule_id, actor_kind, actor_id,
    occurred_at, recorded_at)
    SELECT pg_temp.v7(tag, days, n), CASE ledger WHEN 'points' THEN points ELSE growth END, ledger, seq, kind, out_of,
        goes_to, amount * u, pending * u, available * u, 0, source,
        pg_temp.v7(31, days, n)::text,
        CASE WHEN reverses IS NOT NULL THEN pg_temp.v7(reverses, days + 10, n) END,
        CASE source WHEN 'order' THEN pg_temp.v7(31, days, n) END,
        NULL, NULL, 'system', NULL, pg_temp.at(days, n), pg_temp.at(days, n)
    FROM step CROSS JOIN filled
    ORDER BY days DESC, n;

INSERT INTO points_lot (id, account_id, transfer_id, order_id, amount, remaining, settled, settles_at, expires_at, earned_at,
    due_at)
    SELECT pg_temp.v7(tag + 100, days, n), CASE ledger WHEN 'points' THEN points ELSE growth END,
        pg_temp.v7(tag, days, n), CASE source WHEN 'order' THEN pg_temp.v7(31, days, n) END, amount * u,
        lot_left * u, settled, pg_temp.at(-settles, n), pg_temp.at(-expires, 0), pg_temp.at(days, n),
        CASE WHEN lot_left = 0 THEN NULL WHEN settled THEN pg_temp.at(-expires, 0) ELSE pg_temp.at(-settles, n) END
    FROM step CROSS JOIN filled WHERE kind = 'earn'
    ORDER BY days DESC, n;

-- The first spending took the second lot whole, the second one the first lot and 20 of the third; the last one was given back
-- to first.
INSERT INTO points_lot_use (id, lot_id, transfer_id, amount)
    SELECT pg_temp.v7(use.tag, use.days, n), pg_temp.v7(use.lot, use.lot_days, n),
        pg_temp.v7(use.transfer, use.days, n), use.amount * u
    FROM (VALUES (201, 100, 111, 300, 15, -100), (202, 100, 113, 200, 15, -20), (203, 90, 113, 200, 16, 20),
        (204, 90, 111, 300, 16, 10), (205, 193, 112, 293, 14, -40)) AS use (tag, days, lot, lot_days, transfer, amount)
    CROSS JOIN filled
    ORDER BY use.days DESC, n;

-- The first member's long history: ten points earned, ten spent, again and again.
CREATE TEMP TABLE pair AS
    SELECT i, points AS account, pg_temp.v7(41, 2, i) AS earn, pg_temp.v7(42, 2, i) AS spend, pg_temp.v7(141, 2, i) AS lot,
        pg_temp.v7(43, 2, i) AS cause
    FROM filled, generate_series(1, :deep) AS i WHERE n = 1;
INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
    SELECT earn, account, 'points', 6 + 2 * i, 'earn', 'issued', 'available', 10, 100, 430, 0, 'till', cause::text, 'system',
        pg_temp.at(2, i), pg_temp.at(2, i) FROM pair
    UNION ALL
    SELECT spend, account, 'points', 7 + 2 * i, 'spend', 'available', 'redeemed', 10, 100, 420, 0, 'till', cause::text,
        'system', pg_temp.at(2, i), pg_temp.at(2, i) FROM pair
    ORDER BY 4;
INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, expires_at, earned_at)
    SELECT lot, account, earn, 10, 0, true, pg_temp.at(2, i), pg_temp.at(-300, 0), pg_temp.at(2, i) FROM pair;
INSERT INTO points_lot_use (id, lot_id, transfer_id, amount)
    SELECT pg_temp.v7(241, 2, i), lot, spend, -10 FROM pair;
UPDATE points_account SET version = 7 + 2 * :deep WHERE id = (SELECT points FROM filled WHERE n = 1);

DO $$ DECLARE definition text; BEGIN
    FOR definition IN SELECT indexdef FROM later LOOP EXECUTE definition; END LOOP;
END $$;
RESET maintenance_work_mem;
RESET work_mem;
-- The temporary tables go with the session.
