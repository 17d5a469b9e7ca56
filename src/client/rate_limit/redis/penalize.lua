-- Bars everybody until a time, unless they are barred for longer already.
-- KEYS: the end of the penalty, the ledger. ARGV: for how long, and the longest window, in microseconds.
local time = redis.call('TIME')
local finish = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
if finish > tonumber(redis.call('GET', KEYS[1]) or '0') then
  local life = string.format('%.0f', math.ceil((ARGV[1] + ARGV[2]) / 1000))
  redis.call('SET', KEYS[1], string.format('%.0f', finish), 'PX', life)
  if redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('HSET', KEYS[2], 'penalty', string.format('%.0f', finish))
    if redis.call('PTTL', KEYS[2]) < tonumber(life) then redis.call('PEXPIRE', KEYS[2], life) end
  end
end
