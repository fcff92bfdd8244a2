-- wrk's requests: those in a file, repeatedly. Counts the answers by status.
-- wrk … -s wrk.lua ADDRESS -- METHOD PATH FILE; a line of FILE is a body for POST, else a token, or nothing.
-- Its last line of output is the result as JSON.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- Each thread has its own globals, and hands over only those.
statuses = {}
local requests, last = {}, 0

function init(arguments)
  local method, path, file = arguments[1], arguments[2], arguments[3]
  for line in io.lines(file) do
    local headers, body = {}, nil
    if method == "POST" then
      headers["Content-Type"], body = "application/json", line
    elseif line ~= "" then
      headers["Authorization"] = "Bearer " .. line
    end
    table.insert(requests, wrk.format(method, path, headers, body))
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local counts = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      table.insert(counts, string.format('"%d": %d', status, count))
    end
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "statuses": {%s}, '
      .. '"faults": {"connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    table.concat(counts, ", "), errors.connect, errors.read, errors.write, errors.timeout
  ))
end
