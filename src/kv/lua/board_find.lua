-- ARGV: subject. Returns place from 0, negated score, member; or nothing.
local standing = redis.call('HGET', V, ':' .. ARGV[1])
if not standing then return false end
local member = string.sub(standing, 17)
local place_from_0 = redis.call('ZRANK', Z, member)
if not place_from_0 then return false end
return {place_from_0, redis.call('ZSCORE', Z, member), member}
