-- ARGV: gen, gen of the live board at the beginning, ttl of the board.
local stands = rebuild_stands(ARGV[1], ARGV[2])
if stands ~= 1 then return stands end
redis.call('UNLINK', Z, V, ST)
redis.call('RENAME', SV, V)
redis.call('HSET', V, 'gen', ARGV[1] .. '@' .. run())
if redis.call('EXISTS', SZ) == 1 then redis.call('RENAME', SZ, Z) end
redis.call('PEXPIRE', Z, ARGV[3])
redis.call('PEXPIRE', V, ARGV[3])
return 1
