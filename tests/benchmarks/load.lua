-- Sends the requests that load.py planned, and prints the measurements as one line of JSON.

local plan

function init(arguments)
  plan = dofile(arguments[1] .. "/plan.lua")
  for id in io.lines(arguments[1] .. "/ids") do
    plan.ids[#plan.ids + 1] = id
  end
  plan.sent = 0
end

local function filled(text, values)
  return (text:gsub("{(%a+)}", values))
end

function request()
  plan.sent = plan.sent + 1
  local values = { n = plan.run .. "-" .. plan.sent }
  if #plan.ids > 0 then
    values.id = plan.ids[(plan.sent - 1) % #plan.ids + 1]
  end
  local headers = {}
  for name, value in pairs(plan.headers) do
    headers[name] = filled(value, values)
  end
  local body = plan.body ~= "" and filled(plan.body, values) or nil
  return wrk.format(plan.method, filled(plan.path, values), headers, body)
end

function done(summary, latency)
  local failed = summary.errors
  print(string.format(
    '{"requests": %d, "errors": %d, "requests_per_second": %.2f, "p50_ms": %.3f, "p99_ms": %.3f}',
    summary.requests,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout,
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3
  ))
end
