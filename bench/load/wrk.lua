-- The requests of one kind, and a summary for the program that has started us; see wrk.ts.

local parts, min, max = {}, 1, 1

function init(arguments)
  local method, path, body, smallest, largest = unpack(arguments, 1, 5)
  -- Put together once, with the headers in one order, as a client has: `wrk.format` has another order in each process. Only the
  -- id differs from one request to the next.
  local lines = { method .. " " .. path .. " HTTP/1.1", "Host: " .. wrk.headers["Host"] }
  for i = 6, #arguments, 2 do table.insert(lines, arguments[i] .. ": " .. arguments[i + 1]) end
  if body ~= "" then table.insert(lines, "Content-Length: " .. #body) end
  local request = table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
  local at = 1
  repeat
    local from, to = string.find(request, "{id}", at, true)
    table.insert(parts, string.sub(request, at, from and from - 1))
    at = to and to + 1
  until not from
  min, max = tonumber(smallest), tonumber(largest)
  math.randomseed(os.time())
end

function request()
  return table.concat(parts, math.random(min, max))
end

function done(summary)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format(
    'summary {"responses":%d,"failures":%d,"microseconds":%d}\n', summary.requests, failures, summary.duration))
end
