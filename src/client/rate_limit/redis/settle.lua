-- Settles a slot: it counts for one more window from now on, or no longer at all. One that has run out or was lost is counted anew.
-- KEYS: the slots of its priority, the ledger. ARGV: the slot, 1 if it was used, the longest window in microseconds, its priority.
if ARGV[2] == '1' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
  local longest = math.ceil(tonumber(ARGV[3]) / 1000)
  for index = 1, 2 do
    if redis.call('PTTL', KEYS[index]) < longest then redis.call('PEXPIRE', KEYS[index], longest) end
  end
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
-- A ledger that is gone is begun by whoever takes a slot.
if redis.call('EXISTS', KEYS[2]) == 1 then
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  if last then redis.call('HSET', KEYS[2], ARGV[4], last) else redis.call('HDEL', KEYS[2], ARGV[4]) end
end
