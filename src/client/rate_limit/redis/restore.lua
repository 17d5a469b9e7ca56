-- Puts back what one process knows of its own, after the ledger was lost. What stands there already stays, if it counts for longer.
-- KEYS: the slots of the foreground, those of the background, the end of the penalty, the ledger. ARGV: the longest window, how long ago the
-- penalty ended (less than nothing if it goes on; empty if there was none); then of each slot its name, 1 for the background, and how long
-- ago it was settled (less than nothing if it is held). All in microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local longest = tonumber(ARGV[1])

local function extend(key, until_then)
  local left = math.ceil((until_then - now) / 1000)
  if left > redis.call('PTTL', key) then redis.call('PEXPIRE', key, string.format('%.0f', left)) end
end

if ARGV[2] ~= '' then
  local finish = now - tonumber(ARGV[2])
  if finish > tonumber(redis.call('GET', KEYS[3]) or '0') then
    redis.call('SET', KEYS[3], string.format('%.0f', finish))
    extend(KEYS[3], finish + longest)
  end
end
for index = 3, #ARGV, 3 do
  local part = ARGV[index + 1] == '1' and 2 or 1
  local at = now - tonumber(ARGV[index + 2])
  local there = tonumber(redis.call('ZSCORE', KEYS[part], ARGV[index]) or '0')
  if at > there then redis.call('ZADD', KEYS[part], string.format('%.0f', at), ARGV[index]) end
end
for part, name in ipairs({ 'foreground', 'background' }) do
  local last = redis.call('ZREVRANGE', KEYS[part], 0, 0, 'WITHSCORES')[2]
  if last then
    extend(KEYS[part], tonumber(last) + longest)
    if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('HSET', KEYS[4], name, last) end
  end
end
