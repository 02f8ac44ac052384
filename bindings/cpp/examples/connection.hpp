// connection.hpp - sockets whose waits a drain ends.
#pragma once

#include "poller.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

/// A descriptor that is closed with its owner.
class socket_handle {
public:
  explicit socket_handle(int descriptor) : descriptor_(descriptor) {
  }
  socket_handle(socket_handle &&other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {
  }
  ~socket_handle() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const {
    return descriptor_;
  }

private:
  int descriptor_;
};

/// Waits until the descriptor is ready, or the task is told to finish soon,
/// which is status::closed.
inline ptg::task<ptg::result<>> ready(poller &poller, int descriptor,
                                      short events) {
  if (ptg::this_task::is_draining()) co_return ptg::status::closed;
  ptg::completion<> done;
  poller::watch watch(poller, descriptor, events, done);
  std::stop_callback drained(ptg::this_task::drain_token(),
                             [&] { done.complete(ptg::status::closed); });
  co_return co_await done.wait();
}

class connection {
public:
  connection(poller &poller, int socket) : poller_(poller), socket_(socket) {
  }

  /// Gives the next line, without its end. Lines that have been read are given
  /// also when the task is told to finish; then, and at the end of what is
  /// sent, it is status::closed.
  ptg::task<ptg::result<std::string>> read_line() {
    for (;;) {
      if (std::size_t end = buffer_.find('\n'); end != buffer_.npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        co_return line;
      }
      auto waited = co_await ready(poller_, socket_.get(), POLLIN);
      if (!waited) co_return waited.error();
      if (!receive()) co_return ptg::status::closed;
    }
  }

  /// Sends all of it, also when the task is told to finish.
  ptg::task<ptg::result<>> write(std::string text) {
    using namespace std::chrono_literals;
    for (std::size_t at = 0; at < text.size();) {
      ssize_t sent = ::send(socket_.get(), &text[at], text.size() - at,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        at += static_cast<std::size_t>(sent);
        continue;
      }
      if (errno != EAGAIN && errno != EINTR) co_return ptg::status::closed;
      auto slept = co_await ptg::this_task::sleep(1ms);
      if (!slept) co_return slept;
    }
    co_return ptg::result<>();
  }

  /// Tells the other side that nothing more comes, and gives it a moment to see
  /// that: what it sent meanwhile would otherwise reset the connection, and
  /// with it answers that it has not read.
  ptg::task<> close() {
    using namespace std::chrono_literals;
    ::shutdown(socket_.get(), SHUT_WR);
    for (int i = 0; i < 50 && receive(); i++) {
      buffer_.clear();
      co_await ptg::or_return(co_await ptg::this_task::sleep(2ms));
    }
  }

private:
  /// Returns false at the end of what is sent.
  bool receive() {
    char bytes[4096];
    ssize_t got = ::recv(socket_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  poller &poller_;
  socket_handle socket_;
  std::string buffer_;
};

/// Listens on the loopback address.
class listener {
public:
  static ptg::result<listener> open(int port) {
    socket_handle made(
        ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(port);
    int yes = 1;
    ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    socklen_t size = sizeof(address);
    if (::bind(made.get(), generic, size) != 0 ||
        ::listen(made.get(), SOMAXCONN) != 0 ||
        ::getsockname(made.get(), generic, &size) != 0)
      return ptg::error(ptg::status::failed, "listen", errno);
    return listener(std::move(made), ntohs(address.sin_port));
  }

  int port() const {
    return port_;
  }

  /// Gives the next connection; status::closed: the task is told to finish.
  ptg::task<ptg::result<int>> accept(poller &poller) {
    for (;;) {
      auto waited = co_await ready(poller, socket_.get(), POLLIN);
      if (!waited) co_return waited.error();
      int accepted = ::accept4(socket_.get(), nullptr, nullptr,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) co_return accepted;
    }
  }

private:
  listener(socket_handle socket, int port)
      : socket_(std::move(socket)), port_(port) {
  }

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  socket_handle socket_;
  int port_;
};
