-- Takes a slot under every rate, if there is one. All times are in microseconds, by the server's clock.
-- KEYS: the slots of the foreground, those of the background, the end of the penalty, how long the foreground is known to wait, the ledger.
-- ARGV: the slot, 1 for the background, how long it may be held, the longest window, how long it takes until everybody has put back what
-- was lost, how long the foreground has to be silent for the larger share, then limit, window and both shares of each rate.
-- Gives 1 or 0, when to ask again, how full each window is and when it has room, since when the ledger is kept, and how long it has to fill.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local background = ARGV[2] == '1'
local hold, longest, settling, silence = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

-- Plain tostring would round so large a number.
local function digits(number)
  return string.format('%.0f', number)
end

local function milliseconds(time)
  return digits(math.ceil(time / 1000))
end

-- Of which run of the server the ledger is, since when, until when it fills, and the last time that stands in each of its parts.
local parts = { 'foreground', 'background' }
local function known(field)
  return tonumber(redis.call('HGET', KEYS[5], field) or '0')
end

-- A part is missing that ought to be there: it was flushed or evicted.
local function is_lost(index)
  return known(parts[index]) + longest > now and redis.call('EXISTS', KEYS[index]) == 0
end

local info = redis.pcall('INFO', 'server')
if type(info) ~= 'string' then info = '' end
local run = string.match(info, 'run_id:(%w+)') or 'unknown'
local is_other = redis.call('HGET', KEYS[5], 'run') ~= run
if is_other or is_lost(1) or is_lost(2) then
  -- What was sent before the server was started nobody may be there to tell.
  local age = tonumber(string.match(info, 'uptime_in_seconds:(%d+)') or '0') * 1000000
  local full = now + math.max(settling, is_other and longest - age or 0)
  redis.call('HSET', KEYS[5], 'run', run)
  redis.call('HSET', KEYS[5], 'since', digits(now))
  redis.call('HSET', KEYS[5], 'full', digits(math.max(full, known('full'))))
  redis.call('HDEL', KEYS[5], 'foreground', 'background')
end
local filling = math.max(0, known('full') - now)

for index = 1, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', digits(now - longest))
end

-- A slot counts from when it is taken until a window after its score: when it was settled, or when it has to be at the latest.
local function held(key, from)
  return redis.call('ZCOUNT', key, '(' .. digits(from), '+inf')
end

local function oldest(key, from)
  local found = redis.call('ZRANGEBYSCORE', key, '(' .. digits(from), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return found[2] and tonumber(found[2])
end

-- A ledger that was lost does not know when the foreground last asked: then it is as if it had asked when the ledger began.
if not background then redis.call('HSET', KEYS[5], 'called', digits(now)) end
local quiet_at = math.max(known('called'), known('since')) + silence
local quiet = now >= quiet_at

local penalty = math.max(known('penalty'), tonumber(redis.call('GET', KEYS[3]) or '0'))
local wait = math.max(0, penalty - now, filling)
local windows = {}
for index = 7, #ARGV, 4 do
  local limit, window, share = tonumber(ARGV[index]), tonumber(ARGV[index + 1]), tonumber(ARGV[index + (quiet and 3 or 2)])
  local from = now - window
  local polled = held(KEYS[2], from)
  local used = held(KEYS[1], from) + polled
  local room = math.huge
  -- A refusal says that the window is full, not since when: it is taken to empty evenly within one window after the penalty.
  local left = math.min(window, window - (now - penalty))
  if penalty > 0 and left > 0 then
    local others = math.ceil(left * limit / window)
    local since = math.max(from, penalty)
    used = math.max(used, others + held(KEYS[1], since) + held(KEYS[2], since))
    room = penalty + window - window * (others - 1) / limit - now
  end
  for key = 1, 2 do
    local first = oldest(KEYS[key], from)
    -- One that is not settled yet leaves a window from now at the earliest.
    if first then room = math.min(room, math.min(first, now) + window - now) end
  end
  if room == math.huge then room = window end
  room = math.max(1, room)
  local full = used >= limit
  if full then
    wait = math.max(wait, room)
  elseif background and polled >= share then
    wait = math.max(wait, quiet and room or math.min(room, quiet_at - now))
  end
  windows[#windows + 1] = math.min(used, limit)
  windows[#windows + 1] = math.ceil(math.max(full and room or 0, penalty - now, filling))
end

-- Polling lets every call go first that somebody waits for.
if background then
  wait = math.max(wait, tonumber(redis.call('GET', KEYS[4]) or '0') - now)
elseif wait > 0 then
  local look = math.min(wait, 1000000) + 100000
  redis.call('SET', KEYS[4], digits(now + look), 'PX', milliseconds(look))
end
local life = hold + longest + filling
redis.call('PEXPIRE', KEYS[5], milliseconds(math.max(life, penalty + longest - now)))
local since = redis.call('HGET', KEYS[5], 'since') or ''
if wait > 0 then
  return { 0, math.ceil(wait), windows, since, math.ceil(filling) }
end
local key = background and KEYS[2] or KEYS[1]
redis.call('ZADD', key, digits(now + hold), ARGV[1])
redis.call('PEXPIRE', key, milliseconds(life))
redis.call('HSET', KEYS[5], background and parts[2] or parts[1], redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
return { 1, 0, windows, since, 0 }
