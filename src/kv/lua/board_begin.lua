-- ARGV: gen, time to live of a rebuild. Returns the gen of the live board, or ''.
redis.call('UNLINK', SZ, SV, ST)
redis.call('HSET', SV, 'gen', ARGV[1])
redis.call('PEXPIRE', SV, ARGV[2])
return redis.call('HGET', V, 'gen') or ''
