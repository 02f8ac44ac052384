-- http.lua - the server's side of HTTP/1.1, as much as the order service
-- needs: requests with a Content-Length, connections that are kept alive.

local HEAD_LIMIT = 8192
local BODY_LIMIT = 65536

local REASONS = {
  [200] = "OK",
  [201] = "Created",
  [400] = "Bad Request",
  [404] = "Not Found",
  [405] = "Method Not Allowed",
  [409] = "Conflict",
  [413] = "Content Too Large",
  [431] = "Request Header Fields Too Large",
  [500] = "Internal Server Error",
  [501] = "Not Implemented",
  [503] = "Service Unavailable",
}

local http = {}

-- Splits the head of a request; nil if it is not one.
local function parse_head(head)
  local line, rest = head:match("^([^\r\n]*)\r?\n?(.*)$")
  local method, path, version = line:match("^(%u+) (%S+) HTTP/1%.([01])$")
  if not method then return nil end
  local request = { method = method, path = path, headers = {} }
  for header in rest:gmatch("[^\r\n]+") do
    local name, value = header:match("^([^%s:]+):%s*(.-)%s*$")
    if not name then return nil end
    local before = request.headers[name:lower()]
    request.headers[name:lower()] = before and before .. ", " .. value or value
  end
  local wish = (request.headers.connection or ""):lower()
  request.keep_alive = wish ~= "close"
    and (version == "1" or wish == "keep-alive")
  return request
end

-- Reads one request: { method, path, headers, body, keep_alive }. nil when
-- the peer is gone; nil, status when it sent something that is answered with
-- that status and the end of the connection.
function http.read_request(connection)
  local head, why = connection:read_until("\r\n\r\n", HEAD_LIMIT)
  if not head then return nil, why == "too long" and 431 or nil end
  local request = parse_head(head)
  if not request then return nil, 400 end
  if request.headers["transfer-encoding"] then return nil, 501 end
  local length = request.headers["content-length"] or "0"
  if not length:find("^%d+$") then return nil, 400 end
  if #length > 9 or tonumber(length) > BODY_LIMIT then return nil, 413 end
  request.body = connection:read(math.tointeger(length))
  if not request.body then return nil end
  return request
end

-- Answers with a status and a body of JSON; nil, error if the peer is gone.
function http.respond(connection, status, body, keep_alive)
  return connection:write(("HTTP/1.1 %d %s\r\n"
    .. "Content-Type: application/json\r\n"
    .. "Content-Length: %d\r\n"
    .. "Connection: %s\r\n\r\n%s"):format(status, REASONS[status], #body,
    keep_alive and "keep-alive" or "close", body))
end

return http
