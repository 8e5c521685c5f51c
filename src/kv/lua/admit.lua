-- limits::decide in Redis. KEYS: limit. ARGV: interval, tolerance (microseconds), cost.
-- Returns allowed, remaining, retry_after, reset_after (microseconds).
local interval, tolerance, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local ceiling = now + tolerance
local before = tonumber(redis.call('GET', KEYS[1]) or now)
before = math.min(math.max(before, now), ceiling)
local after = before + interval * cost
local allowed = after <= ceiling
local kept = before
if allowed then kept = after end
if allowed and cost > 0 then
  local lifetime = math.max(1, math.ceil((after - now) / 1000))
  redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', lifetime))
end
local retry_after = 0
if not allowed then retry_after = after - ceiling end
return {allowed and 1 or 0, math.floor((ceiling - kept) / interval), retry_after, kept - now}
