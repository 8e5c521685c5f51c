-- ARGV: ttl, then stamp, score, member of each entry.
local rebuilding = redis.call('EXISTS', SV) == 1
for i = 2, #ARGV, 3 do
  local stamp, score, member = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  place(Z, V, stamp, score, member)
  if rebuilding then
    -- What the live board now says, so that a late old version cannot slip past it into the new one.
    local live = redis.call('HGET', V, field_of(member))
    local live_member = string.sub(live, 17)
    redis.call('SREM', ST, field_of(member))
    place(SZ, SV, string.sub(live, 1, 16), redis.call('ZSCORE', Z, live_member) or score, live_member)
  end
end
redis.call('PEXPIRE', Z, ARGV[1])
redis.call('PEXPIRE', V, ARGV[1])
if rebuilding then redis.call('PEXPIRE', SZ, redis.call('PTTL', SV)) end
return 1
