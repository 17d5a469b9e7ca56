-- Bars everybody until a time, unless they are barred for longer already.
-- KEYS: the end of the penalty. ARGV: for how long, and the longest window, in microseconds.
local time = redis.call('TIME')
local finish = time[1] * 1000000 + time[2] + tonumber(ARGV[1])
if finish > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.0f', finish), 'PX', string.format('%.0f', math.ceil((ARGV[1] + ARGV[2]) / 1000)))
end
