-- Takes a place under every rate, if there is one. All times are in microseconds, by the server's clock.
-- KEYS: the places of the foreground, those of the background, the end of the penalty, how long the foreground is known to wait.
-- ARGV: the place, 1 for the background, how long it may be held, the longest window, then limit, window and share of each rate.
-- Gives 1 or 0, when to ask again, and how full each window is and when it has room.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local background = ARGV[2] == '1'
local hold, longest = tonumber(ARGV[3]), tonumber(ARGV[4])

-- Plain tostring would round so large a number.
local function digits(number)
  return string.format('%.0f', number)
end

local function milliseconds(time)
  return digits(math.ceil(time / 1000))
end

for index = 1, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', digits(now - longest))
end

-- A place counts from when it is taken until a window after its score: when it was settled, or when it has to be at the latest.
local function held(key, from)
  return redis.call('ZCOUNT', key, '(' .. digits(from), '+inf')
end

local function oldest(key, from)
  local found = redis.call('ZRANGEBYSCORE', key, '(' .. digits(from), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return found[2] and tonumber(found[2])
end

local penalty = tonumber(redis.call('GET', KEYS[3]) or '0')
local wait = math.max(0, penalty - now)
local windows = {}
for index = 5, #ARGV, 3 do
  local limit, window, share = tonumber(ARGV[index]), tonumber(ARGV[index + 1]), tonumber(ARGV[index + 2])
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
  if full or (background and polled >= share) then wait = math.max(wait, room) end
  windows[#windows + 1] = math.min(used, limit)
  windows[#windows + 1] = math.ceil(math.max(full and room or 0, penalty - now, 0))
end

-- Polling lets every call go first that somebody waits for.
if background then
  wait = math.max(wait, tonumber(redis.call('GET', KEYS[4]) or '0') - now)
elseif wait > 0 then
  local look = math.min(wait, 1000000) + 100000
  redis.call('SET', KEYS[4], digits(now + look), 'PX', milliseconds(look))
end
if wait > 0 then
  return { 0, math.ceil(wait), windows }
end
local key = background and KEYS[2] or KEYS[1]
redis.call('ZADD', key, digits(now + hold), ARGV[1])
redis.call('PEXPIRE', key, milliseconds(hold + longest))
return { 1, 0, windows }
