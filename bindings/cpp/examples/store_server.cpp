// store_server.cpp - a server that loses nothing when it is told to stop.
//
// Clients send lines. `put KEY VALUE` is answered once a task of the group
// `store` has appended it to the file; `count` is answered with the number of
// puts. On SIGTERM the listener closes first, then the handlers answer what
// they have read, and then the store writes what is left.
#include "connection.hpp"
#include "store.hpp"

#include <cstdio>
#include <cstring>

using namespace std::chrono_literals;

static std::string answer_to(const ptg::result<> &stored,
                             const std::string &key) {
  if (stored) return "stored " + key + "\n";
  return std::string("error: ") + ptg::name_of(stored.status()) + "\n";
}

static ptg::task<std::string> answer(store &store, std::string line) {
  if (line == "count") co_return std::to_string(store.count()) + "\n";
  std::size_t key = 4, end = line.find(' ', key);
  bool is_put = line.starts_with("put ") && end != line.npos && end > key &&
                end + 1 < line.size();
  if (!is_put) co_return "error: put KEY VALUE, or count\n";
  auto stored = co_await store.put(line.substr(key));
  co_return answer_to(stored, line.substr(key, end - key));
}

static ptg::task<> handle(poller &poller, store &store, int socket) {
  connection connection(poller, socket);
  for (;;) {
    auto line = co_await connection.read_line();
    if (!line) break; // its end, or that of the server
    std::string said =
        co_await ptg::or_return(co_await answer(store, *std::move(line)));
    co_await ptg::or_return(co_await connection.write(said));
  }
  co_await ptg::or_return(co_await connection.close());
}

static ptg::task<> accept(poller &poller, store &store, listener listener,
                          ptg::group_ref handlers) {
  while (auto socket = co_await listener.accept(poller)) {
    int accepted = *socket;
    auto spawned = handlers.spawn("handler", [&poller, &store, accepted] {
      return handle(poller, store, accepted);
    });
    if (!spawned) ::close(accepted);
  }
}

static std::string path_of(const std::vector<ptg::report_row> &rows,
                           const ptg::report_row &row) {
  for (const ptg::report_row &parent : rows)
    if (parent.group == row.parent)
      return (parent.parent == 0 ? "" : path_of(rows, parent)) + "/" + row.name;
  return "/";
}

/// Prints the report. Returns whether nothing was abandoned and nothing failed.
static bool report(const ptg::runtime &runtime) {
  bool is_well = true;
  auto rows = runtime.root().report().value();
  for (const ptg::report_row &row : rows) {
    std::printf("report %s drained=%lu cancelled=%lu failed=%lu refused=%lu "
                "abandoned=%lu\n",
                path_of(rows, row).c_str(), row.drained, row.cancelled,
                row.failed, row.refused, row.abandoned);
    is_well = is_well && row.failed == 0 && row.abandoned == 0;
  }
  return is_well;
}

static int serve(int port, const char *file) {
  poller poller;
  auto runtime = ptg::runtime::create(
      {.root = {.grace = 2s, .cancel_wait = 1s, .deadline = 5s}});
  if (!runtime) return 1;
  ptg::shutdown_on_signals signals(*runtime);

  ptg::group_ref root = runtime->root();
  ptg::group writers = root.add_group({.name = "store"}).value();
  ptg::group handlers = root.add_group({.name = "handlers"}).value();
  ptg::group listeners = root.add_group({.name = "accept"}).value();
  listeners.stops_before(handlers).value();
  handlers.stops_before(writers).value();

  auto store = store::open(writers, file);
  auto listener = listener::open(port);
  if (!store || !listener) {
    std::fprintf(stderr, "store_server: %s\n", std::strerror(errno));
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n", listener->port());
  std::fflush(stdout);
  listeners
      .spawn("listener", accept(poller, *store, *std::move(listener), handlers))
      .value();
  return poller.run(*runtime) && report(*runtime) ? 0 : 1;
}

int main(int argc, char **argv) {
  int port = 0;
  const char *file = nullptr;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--port") == 0) port = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--store") == 0) file = argv[i + 1];
  }
  if (file != nullptr) return serve(port, file);
  std::fputs("usage: store_server --port PORT --store FILE\n", stderr);
  return 2;
}
