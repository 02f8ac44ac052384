// test_store_server.cpp - the larger example under load: what was acknowledged
// is in the file, and nothing else.
#include "support.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <set>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

/// The server as a child, with its output.
struct server {
  pid_t pid = -1;
  FILE *output = nullptr;
  int port = 0;

  explicit server(const std::string &file) {
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    const char *argv[] = {STORE_SERVER, "--port",     "0",
                          "--store",    file.c_str(), nullptr};
    REQUIRE(posix_spawn(&pid, argv[0], &actions, nullptr,
                        const_cast<char *const *>(argv), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipes[1]);
    output = fdopen(pipes[0], "r");
    char line[100] = "";
    REQUIRE(std::fgets(line, sizeof(line), output) != nullptr);
    REQUIRE(std::sscanf(line, "listening on 127.0.0.1:%d", &port) == 1);
  }
  ~server() {
    std::fclose(output);
  }

  std::string rest() const {
    std::string text;
    for (int byte = std::fgetc(output); byte != EOF; byte = std::fgetc(output))
      text += static_cast<char>(byte);
    return text;
  }
  int wait() const {
    int how = -1;
    waitpid(pid, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
  }
};

struct client {
  FILE *stream;
  std::vector<std::string> sent;
  std::vector<std::string> acknowledged;

  explicit client(int port) {
    int made = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(made, reinterpret_cast<sockaddr *>(&address),
                    sizeof(address)) == 0);
    stream = fdopen(made, "r+");
  }
  client(client &&other) noexcept
      : stream(std::exchange(other.stream, nullptr)) {
  }
  ~client() {
    if (stream != nullptr) std::fclose(stream);
  }

  std::string ask(const std::string &line) const {
    char answer[200] = "";
    int descriptor = fileno(stream);
    if (::send(descriptor, line.data(), line.size(), MSG_NOSIGNAL) < 0)
      return "";
    return std::fgets(answer, sizeof(answer), stream) ? answer : "";
  }

  /// Puts until the server has no more answers.
  void load(int number) {
    for (int i = 0;; i++) {
      std::string key = "k" + std::to_string(number) + "-" + std::to_string(i);
      std::string entry = key + " value" + std::to_string(i);
      sent.push_back(entry);
      if (ask("put " + entry + "\n") != "stored " + key + "\n") return;
      acknowledged.push_back(entry);
    }
  }
};

std::vector<std::string> lines_of(const std::string &path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

std::string new_file() {
  char path[] = "/tmp/store-XXXXXX";
  ::close(mkstemp(path));
  return path;
}

} // namespace

TEST_CASE("the store server answers its protocol") {
  std::string file = new_file();
  server server(file);
  {
    client client(server.port);
    CHECK(client.ask("count\n") == "0\n");
    CHECK(client.ask("put a 1\n") == "stored a\n");
    CHECK(client.ask("put b two words\n") == "stored b\n");
    CHECK(client.ask("count\n") == "2\n");
    CHECK(client.ask("what\n").starts_with("error: "));
    CHECK(client.ask("put a\n").starts_with("error: "));
  }
  kill(server.pid, SIGINT);
  CHECK(server.wait() == 0);
  CHECK(lines_of(file) == std::vector<std::string>{"a 1", "b two words"});
  unlink(file.c_str());
}

TEST_CASE("a SIGTERM under load loses nothing that was acknowledged") {
  std::string file = new_file();
  server server(file);
  std::vector<client> clients;
  for (int i = 0; i < 8; i++)
    clients.emplace_back(server.port);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&clients, i] { clients[i].load(i); });
  while (lines_of(file).size() < 2000) // it is under load
    std::this_thread::yield();
  kill(server.pid, SIGTERM);
  for (std::thread &thread : threads)
    thread.join();
  std::multiset<std::string> acknowledged, sent;
  for (client &client : clients) {
    acknowledged.insert(client.acknowledged.begin(), client.acknowledged.end());
    sent.insert(client.sent.begin(), client.sent.end());
  }
  clients.clear();
  std::string report = server.rest();
  CHECK(server.wait() == 0);

  std::vector<std::string> lines = lines_of(file);
  unlink(file.c_str());
  std::multiset<std::string> stored(lines.begin(), lines.end());
  CHECK(stored.size() >= 2000);
  CHECK(std::ranges::includes(stored, acknowledged));
  CHECK(std::ranges::includes(sent, stored));
  CHECK(stored == acknowledged);

  CHECK(report.find("report /accept drained=1 ") == 0);
  std::size_t handlers = report.find("report /handlers drained=8 ");
  std::size_t store = report.find("report /store drained=1 ");
  CHECK(handlers < store);
  CHECK(store < report.find("report / "));
  CHECK(report.find("report / ") != std::string::npos);
}
