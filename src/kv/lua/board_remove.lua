-- ARGV: subjects.
local rebuilding = redis.call('EXISTS', SV) == 1
for i = 1, #ARGV do
  local field = ':' .. ARGV[i]
  displace(Z, V, field)
  if rebuilding then
    redis.call('SADD', ST, field)
    displace(SZ, SV, field)
  end
end
if rebuilding then redis.call('PEXPIRE', ST, redis.call('PTTL', SV)) end
return 1
