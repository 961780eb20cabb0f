-- The requests of one kind, and a summary for the program that has started us; see wrk.ts.

local before, after, ids

function init(arguments)
  local method, path, body, count, key = unpack(arguments)
  local headers = { ["X-Access-Key"] = key }
  if body ~= "" then headers["Content-Type"] = "application/json" end
  -- Put together once: only the id differs from one request to the next.
  local request = wrk.format(method, path, headers, body ~= "" and body or nil)
  local from, to = string.find(request, "{id}", 1, true)
  if from then
    before, after = string.sub(request, 1, from - 1), string.sub(request, to + 1)
  else
    before = request
  end
  ids = tonumber(count)
  math.randomseed(os.time())
end

function request()
  return after and before .. math.random(ids) .. after or before
end

function done(summary)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format(
    'summary {"responses":%d,"failures":%d,"microseconds":%d}\n', summary.requests, failures, summary.duration))
end
