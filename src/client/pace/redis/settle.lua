-- Settles a place: it counts for one more window from now on, or no longer at all. One that has run out meanwhile is counted anew.
-- KEYS: the places of its urgency. ARGV: the place, 1 if it was used, the longest window in microseconds.
if ARGV[2] == '1' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
  local longest = math.ceil(tonumber(ARGV[3]) / 1000)
  if redis.call('PTTL', KEYS[1]) < longest then redis.call('PEXPIRE', KEYS[1], longest) end
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
