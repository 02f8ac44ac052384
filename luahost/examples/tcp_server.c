/* tcp_server.c - an echo over TCP; each connection is a task of a group. */
#include <ptg/ptg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct peer {
  uv_tcp_t tcp;
  ptg_task task;
  char bytes[4096];
};
static ptg_runtime *runtime;
static ptg_group peers;

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *in) {
  *in = uv_buf_init(((struct peer *)handle)->bytes, size < 4096 ? size : 4096);
}
/* Echoes; a peer that hangs up, or does not take its echo, has ended. */
static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *in) {
  uv_buf_t echo = uv_buf_init(in->base, length > 0 ? (unsigned)length : 0);
  if (length < 0 || (length > 0 && uv_try_write(stream, &echo, 1) != length))
    ptg_task_finish(runtime, ((struct peer *)stream)->task, NULL);
}
static ptg_status start(ptg_runtime *of, ptg_task task, void *user_data) {
  ((struct peer *)user_data)->task = task;
  int failed = uv_read_start(user_data, on_alloc, on_read);
  return failed ? ptg_runtime_set_error(of, PTG_EUV, failed, "read") : PTG_OK;
}
static void drain(ptg_runtime *of, ptg_task task, void *user_data) {
  uv_read_stop(user_data);
  ptg_task_finish(of, task, NULL);
}
static void on_closed(uv_handle_t *handle) {
  free(handle);
}
/* Also of a peer that comes while the group drains: its spawn is refused. */
static void release(void *user_data) {
  uv_close(user_data, on_closed);
}
static const ptg_task_type PEER = {.size = sizeof(PEER),
                                   .name = "peer",
                                   .start = start,
                                   .drain = drain,
                                   .release = release};
static void on_connection(uv_stream_t *server, int status) {
  struct peer *peer = status == 0 ? malloc(sizeof(*peer)) : NULL;
  if (peer == NULL) return;
  uv_tcp_init(server->loop, &peer->tcp);
  uv_accept(server, (uv_stream_t *)peer);
  ptg_task_spawn(runtime, peers, &PEER, NULL, peer, NULL);
}
static void on_signal(int signum) {
  (void)signum;
  ptg_runtime_request_shutdown(runtime, 0);
}

int main(int argc, char **argv) {
  struct sockaddr_in address;
  uv_tcp_t server;
  uv_loop_t *loop;
  ptg_group root;
  if (uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 7000, &address) ||
      ptg_runtime_create(NULL, &runtime) ||
      ptg_runtime_get_root(runtime, &root) ||
      ptg_runtime_get_loop(runtime, &loop) ||
      ptg_group_create(runtime, root, NULL, &peers) ||
      uv_tcp_init(loop, &server) ||
      uv_tcp_bind(&server, (struct sockaddr *)&address, 0) ||
      uv_listen((uv_stream_t *)&server, 128, on_connection))
    return fprintf(stderr, "tcp_server: can't listen there\n"), 1;
  signal(SIGTERM, on_signal);
  ptg_runtime_run(runtime);
  ptg_report_row rows[2] = {0}; /* of the peers and of the root */
  size_t count;
  ptg_group_get_report(runtime, root, rows, sizeof(rows[0]), 2, &count);
  printf("%d peers drained\n", (int)rows[0].drained);
  uv_close((uv_handle_t *)&server, NULL);
  return ptg_runtime_destroy(runtime) == PTG_OK ? 0 : 1;
}
