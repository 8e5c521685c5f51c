-- What stands around the ledgers of `ledger.sql`, whose functions and tables it uses: one order of two lines a member, every third
-- refunded in part, credits, totals, events, sessions, old answers, old jobs. Placeholder: :guide and :store, whose the first
-- hundred members are.

UPDATE member SET store_id = ':store', guide_id = ':guide' WHERE id IN (SELECT member FROM filled WHERE n <= 100);
UPDATE member SET store_id = pg_temp.v7(52, 500, n % 50), guide_id = pg_temp.v7(51, 500, n % 400), name = 'M' || n
    FROM filled WHERE member.id = filled.member AND n > 100;
-- Nobody reads these: what is sealed here cannot be opened.
INSERT INTO member_identifier (id, member_id, kind, scope, digest, sealed, last4, created_at)
    SELECT pg_temp.v7(53, 400, n), member, 'phone', '', md5(n::text) || md5(n::text), 'sealed', lpad((n % 10000)::text, 4, '0'),
        pg_temp.at(400, n) FROM filled WHERE n > 100;
INSERT INTO member_merge (id, winner_id, loser_id, reason, journal, merged_at)
    SELECT pg_temp.v7(54, 50, n), member, pg_temp.v7(55, 50, n), 'phone', '{}', pg_temp.at(50, n) FROM filled WHERE n % 3 = 1;
INSERT INTO member_total (member_id, order_count, paid_fen, refunded_fen, first_order_at, last_order_at)
    SELECT member, 1, 20000, 0, pg_temp.at(300, n), pg_temp.at(300, n) FROM filled;
INSERT INTO member_spend (member_id, day, paid_fen, refunded_fen)
    SELECT member, pg_temp.at(300, n)::date, 20000, 0 FROM filled
    UNION ALL SELECT member, pg_temp.at(30, n)::date, 20000, 0 FROM filled;
INSERT INTO tier_change (id, member_id, to_tier, cause, spend_fen, growth, changed_at)
    SELECT pg_temp.v7(56, 400, n), member, 'silver', 'joined', 0, 0, pg_temp.at(400, n) FROM filled;

CREATE TEMP TABLE sold AS
    SELECT n, member, pg_temp.v7(31, 300, n) AS id, pg_temp.at(300, n) AS at, md5(n::text) || md5(n::text) AS digest FROM filled;
INSERT INTO sales_order (id, channel, external_no, version, fingerprint, status, member_id, partner_id, occurred_at, list_fen,
    paid_fen, refunded_fen, points, growth, received_at, updated_at)
    SELECT id, 'pos', 'F' || n, 1, digest, 'paid', member, pg_temp.v7(57, 500, 1), at, 20000, 20000, 0, 200, 200, at, at FROM sold;
INSERT INTO order_line (id, order_id, line_no, sku_code, sku_known, name, category, size, quantity, list_fen, paid_fen, points,
    growth, refunded_quantity, refunded_fen, points_reversed, growth_reversed)
    SELECT pg_temp.v7(58, 300, 2 * n + line), id, line, 'S' || n, true, 'dress', 'dress', 'M', 1, 10000, 10000, 100, 100, 0, 0, 0, 0
    FROM sold CROSS JOIN generate_series(1, 2) AS line;
INSERT INTO order_payment (id, order_id, method, paid_fen) SELECT pg_temp.v7(59, 300, n), id, 'wechat', 20000 FROM sold;
INSERT INTO sales_credit (id, kind, cause, guide_id, amount_fen, occurred_at)
    SELECT pg_temp.v7(60, 300, n), 'sale', id, pg_temp.v7(51, 500, n % 400), 20000, at FROM sold;
INSERT INTO order_refund (id, channel, external_no, order_external_no, order_id, fingerprint, partner_id, occurred_at, amount_fen,
    applied_at, points_reversed, received_at)
    SELECT pg_temp.v7(61, 290, n), 'pos', 'B' || n, 'F' || n, id, digest, pg_temp.v7(57, 500, 1), at, 100, at, 1, at FROM sold
    WHERE n % 3 = 0;
INSERT INTO order_refund_line (id, refund_id, line_no, quantity, amount_fen)
    SELECT pg_temp.v7(62, 290, n), pg_temp.v7(61, 290, n), 1, 0, 100 FROM sold WHERE n % 3 = 0;
INSERT INTO product (id, style_code, name, category, season, price_band, style_tag, list_fen)
    SELECT pg_temp.v7(63, 500, n), 'T' || n, 'dress', 'dress', 'spring', '300-600', 'office', 10000 FROM filled;
INSERT INTO sku (id, product_id, code, colour, size)
    SELECT pg_temp.v7(64, 500, 3 * n + size), pg_temp.v7(63, 500, n), 'S' || 3 * n + size, 'red', 'M'
    FROM filled CROSS JOIN generate_series(0, 2) AS size;

CREATE TEMP TABLE stocked AS
    SELECT 3 * n + size AS k, pg_temp.v7(64, 500, 3 * n + size) AS sku, pg_temp.v7(69, 400, 3 * n + size) AS level
    FROM filled CROSS JOIN generate_series(0, 2) AS size;
INSERT INTO stock_level (id, sku_id, store_id, on_hand, held, short, version, updated_at)
    SELECT level, sku, ':store', 2, 0, 0, 2, pg_temp.at(400, k) FROM stocked;
INSERT INTO stock_move (id, level_id, seq, kind, quantity, delta, held_delta, on_hand_after, held_after, short_after, source,
    source_id, occurred_at, recorded_at)
    SELECT pg_temp.v7(70, 400, k), level, 1, 'receive', 3, 3, 0, 3, 0, 0, 'document', 'R ' || k, pg_temp.at(400, k),
        pg_temp.at(400, k) FROM stocked
    UNION ALL SELECT pg_temp.v7(71, 300, k), level, 2, 'sell', 1, -1, 0, 2, 0, 0, 'document', 'S ' || k, pg_temp.at(300, k),
        pg_temp.at(300, k) FROM stocked;
INSERT INTO stock_hold (id, level_id, quantity, captured, state, source, source_id, created_at, lapses_at, resolved_at)
    SELECT pg_temp.v7(72, 200, k), level, 1, 0, 'released', 'document', 'H ' || k, pg_temp.at(200, k), pg_temp.at(199, k),
        pg_temp.at(199, k) FROM stocked;

INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, relayed_at, attempts)
    SELECT pg_temp.v7(65, days, n), 'points.moved', 1, member,
        '{"ledger": "points", "kind": "earn", "amount": 1, "reverses": null}', pg_temp.at(days, n), pg_temp.at(days, n),
        pg_temp.at(days, n), 1
    FROM filled CROSS JOIN unnest(ARRAY[300, 200, 100]) AS days;
INSERT INTO member_timeline (event_id, member_id, kind, occurred_at, facts)
    SELECT id, member_id, 'points', occurred_at, payload FROM event_log WHERE kind = 'points.moved';
INSERT INTO idempotency_record (digest, fingerprint, owner, lease_until, status, body, created_at, expires_at)
    SELECT digest, digest, gen_random_uuid(), pg_temp.at(3, n), 200, '{}', pg_temp.at(3, n), pg_temp.at(-4, n) FROM sold;
INSERT INTO session (id, principal_kind, principal_id, audience, device, created_at, last_seen_at, expires_at)
    SELECT pg_temp.v7(66, 3, n), 'member', member, 'member', 'phone', pg_temp.at(3, n), pg_temp.at(3, n), pg_temp.at(-27, n)
    FROM filled;
INSERT INTO refresh_token (digest, session_id, issued_at)
    SELECT digest, pg_temp.v7(66, 3, n), pg_temp.at(3, n) FROM sold;
INSERT INTO job (id, kind, key, payload, run_at, attempts, max_attempts, state, created_at, finished_at)
    SELECT pg_temp.v7(67, 3, n), 'old', 'old/' || n, '{}', pg_temp.at(3, n), 1, 5, 'done', pg_temp.at(3, n), pg_temp.at(3, n)
    FROM filled;
-- What was given back of a spending looks like a checkout that was given up.
INSERT INTO points_hold (id, account_id, member_id, amount, captured, state, source, source_id, freeze_transfer, created_at,
    lapses_at, resolved_at)
    SELECT pg_temp.v7(68, 100, n), points, member, 30 * u, 0, 'released', 'till', 'hold' || n, pg_temp.v7(15, 100, n),
        pg_temp.at(100, n), pg_temp.at(99, n), pg_temp.at(90, n)
    FROM filled;
INSERT INTO points_notice (account_id, expires_at, days, points, announced_at)
    SELECT points, pg_temp.at(5, n), 30, 1, pg_temp.at(35, n) FROM filled;
