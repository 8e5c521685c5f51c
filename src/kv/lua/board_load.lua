-- ARGV: gen, gen of the live board at the beginning, time to live of a rebuild, then stamp, score, member of each entry.
local stands = rebuild_stands(ARGV[1], ARGV[2])
if stands ~= 1 then return stands end
for i = 4, #ARGV, 3 do
  local stamp, score, member = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local field = field_of(member)
  if redis.call('SISMEMBER', ST, field) == 0 then
    local live = redis.call('HGET', V, field)
    if live and newer(live, stamp) then
      local live_member = string.sub(live, 17)
      local live_score = redis.call('ZSCORE', Z, live_member)
      if live_score then stamp, score, member = string.sub(live, 1, 16), live_score, live_member end
    end
    place(SZ, SV, stamp, score, member)
  end
end
for i = 3, 5 do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
return 1
