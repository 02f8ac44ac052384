// store.hpp - a file that entries are appended to, in order, by one writer.
#pragma once

#include <ptg/ptg.hpp>

#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>

class store {
public:
  /// The writer is a queue in the group; it is at its end when the group is.
  static ptg::result<store> open(ptg::group_ref group, const char *path) {
    auto file = std::make_shared<struct file>();
    file->descriptor =
        ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file->descriptor < 0) return ptg::error(ptg::status::failed, "", errno);
    auto queue = ptg::queue<entry>::spawn(
        group, {.name = "writer",
                .capacity = 1024,
                .handle =
                    [file](entry &entry) {
                      entry.is_written->complete(file->append(entry.text));
                    },
                .drop =
                    [](entry &entry) {
                      entry.is_written->complete(ptg::status::closed);
                    }});
    if (!queue) return queue.error();
    return store(std::move(file), *queue);
  }

  /// Ends when the entry is in the file.
  ptg::task<ptg::result<>> put(std::string text) const {
    auto is_written = std::make_shared<ptg::completion<>>();
    auto pushed = queue_.push({std::move(text), is_written});
    if (!pushed) co_return pushed;
    co_return co_await is_written->wait();
  }

  std::size_t count() const {
    return file_->count;
  }

private:
  struct entry {
    std::string text;
    std::shared_ptr<ptg::completion<>> is_written; // who put it may be gone
  };

  struct file {
    int descriptor = -1;
    std::size_t count = 0;

    ~file() {
      if (descriptor >= 0) ::close(descriptor);
    }
    ptg::result<> append(const std::string &text) {
      std::string line = text + "\n";
      ssize_t written = ::write(descriptor, line.data(), line.size());
      if (written != static_cast<ssize_t>(line.size()))
        return ptg::error(ptg::status::failed, "write", errno);
      count++;
      return {};
    }
  };

  store(std::shared_ptr<struct file> file, ptg::queue<entry> queue)
      : file_(std::move(file)), queue_(queue) {
  }

  std::shared_ptr<struct file> file_;
  ptg::queue<entry> queue_;
};
