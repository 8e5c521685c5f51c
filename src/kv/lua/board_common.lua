-- KEYS of every board script: z, v, sz, sv, st.
local Z, V, SZ, SV, ST = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

-- Whether version stamp a (16 hex digits) is above b. In halves: doubles hold 53 bits; not as strings: Redis collates.
local function newer(a, b)
  local ah, bh = tonumber(string.sub(a, 1, 8), 16), tonumber(string.sub(b, 1, 8), 16)
  if ah ~= bh then return ah > bh end
  return tonumber(string.sub(a, 9, 16), 16) > tonumber(string.sub(b, 9, 16), 16)
end

-- Names this run of the server. A restart from a snapshot and a failover may each have lost the latest changes.
local function run()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

local function field_of(member)
  return ':' .. string.sub(member, 17)
end

-- Puts one standing unless the board holds the same or a newer version.
local function place(z, v, stamp, score, member)
  local field = field_of(member)
  local old = redis.call('HGET', v, field)
  if old and not newer(stamp, old) then return end
  redis.call('ZADD', z, score, member)
  redis.call('HSET', v, field, stamp .. member)
  if old and string.sub(old, 17) ~= member then redis.call('ZREM', z, string.sub(old, 17)) end
end

local function displace(z, v, field)
  local old = redis.call('HGET', v, field)
  if not old then return end
  redis.call('ZREM', z, string.sub(old, 17))
  redis.call('HDEL', v, field)
end

-- 1: the rebuild goes on; 0: another began or ended after it; -1: the server lost it.
local function rebuild_stands(gen, before)
  local staged = redis.call('HGET', SV, 'gen')
  if staged == gen then return 1 end
  if staged then return 0 end
  local built = redis.call('HGET', V, 'gen')
  if built and built ~= before then return 0 end
  return -1
end
