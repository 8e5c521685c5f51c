-- Whether the board was built in this run of the server and neither key was evicted since.
local gen = redis.call('HGET', V, 'gen')
if not gen or string.match(gen, '@(.*)$') ~= run() then return 0 end
if redis.call('ZCARD', Z) ~= redis.call('HLEN', V) - 1 then return 0 end
return 1
