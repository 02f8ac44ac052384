/* one_tree.c - one tree of groups over three languages.
 *
 *   one_tree PYTHON_SCRIPT LUA_SCRIPT
 *
 * Embeds Python and Lua. The Python script makes the runtime, on its event
 * loop, and a group in it; here a group is made in that, and the Lua host is a
 * guest in a group of its own inside of this; the Python script makes a group
 * in that again. It ends all by one shutdown, and checks what there was to see.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <lauxlib.h>
#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define CLOSED_MAX 16

/* The groups that have closed, in that order. */
static char *closed[CLOSED_MAX];
static int closed_count;

static const char *lua_script;
static struct ptg__host host;

static void note(const char *name) {
  if (closed_count < CLOSED_MAX) closed[closed_count++] = strdup(name);
}

/* -------------------------------------------------------------- the group --
 */

static ptg_status on_closed(ptg_runtime *runtime, ptg_group group,
                            void *user_data) {
  (void)runtime;
  (void)group;
  (void)user_data;
  note("c");
  return PTG_OK;
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  (void)runtime;
  (void)task;
  (void)user_data;
  return PTG_OK;
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)user_data;
  ptg_task_finish(runtime, task, NULL);
}

static const ptg_task_type until_drain = {
    .size = sizeof(ptg_task_type),
    .name = "c",
    .start = on_start,
    .drain = on_drain,
};

static ptg_status add_group(ptg_runtime *runtime, ptg_group parent,
                            ptg_group *out) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = "c";
  options.on_closed = on_closed;
  ptg_status status = ptg_group_create(runtime, parent, &options, out);
  if (status != PTG_OK) return status;
  ptg_task_options task = PTG_TASK_OPTIONS_INIT;
  task.name = "c-task";
  return ptg_task_spawn(runtime, *out, &until_drain, &task, NULL, NULL);
}

/* -------------------------------------------------------------------- Lua --
 */

static int lua_note(lua_State *L) {
  note(luaL_checkstring(L, 1));
  return 0;
}

/* Opens the Lua host in a group inside of parent, and runs the script. */
static int add_lua(ptg_runtime *runtime, ptg_group parent) {
  struct ptg__host_options options = {
      .runtime = runtime, .parent = parent, .name = "lua"};
  if (ptg__host_open(&host, &options) != 0) return -1;
  lua_register(host.L, "note", lua_note);
  if (luaL_dofile(host.L, lua_script) == LUA_OK) return 0;
  fprintf(stderr, "one_tree: %s\n", lua_tostring(host.L, -1));
  return -1;
}

/* ----------------------------------------------------------------- Python --
 */

/* embed.add_groups(runtime, parent) -> handle of c, handle of lua */
static PyObject *add_groups(PyObject *self, PyObject *args) {
  (void)self;
  unsigned long long address, parent;
  if (!PyArg_ParseTuple(args, "KK", &address, &parent)) return NULL;
  ptg_runtime *runtime = (ptg_runtime *)(uintptr_t)address;
  ptg_group group;
  ptg_status status = add_group(runtime, parent, &group);
  if (status != PTG_OK)
    return PyErr_Format(PyExc_RuntimeError, "c: %s", ptg_status_name(status));
  if (add_lua(runtime, group) != 0)
    return PyErr_Format(PyExc_RuntimeError, "lua: see above");
  return Py_BuildValue("KK", (unsigned long long)group,
                       (unsigned long long)host.root);
}

/* embed.note(name) */
static PyObject *py_note(PyObject *self, PyObject *args) {
  (void)self;
  const char *name;
  if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
  note(name);
  Py_RETURN_NONE;
}

/* embed.closed() -> list of names */
static PyObject *py_closed(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  PyObject *list = PyList_New(0);
  for (int i = 0; i < closed_count && list != NULL; i++) {
    PyObject *name = PyUnicode_FromString(closed[i]);
    if (name == NULL || PyList_Append(list, name) != 0) Py_CLEAR(list);
    Py_XDECREF(name);
  }
  return list;
}

/* embed.close_lua(): once its group has closed; not from a callback */
static PyObject *close_lua(PyObject *self, PyObject *args) {
  (void)self;
  (void)args;
  if (ptg__host_close(&host) != 0)
    return PyErr_Format(PyExc_RuntimeError, "lua: not closed");
  Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"add_groups", add_groups, METH_VARARGS, NULL},
    {"note", py_note, METH_VARARGS, NULL},
    {"closed", py_closed, METH_NOARGS, NULL},
    {"close_lua", close_lua, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "embed", NULL, -1, methods, NULL, NULL, NULL, NULL};

static PyObject *open_module(void) {
  return PyModule_Create(&module);
}

static int run_python(const char *path) {
  FILE *script = fopen(path, "r");
  if (script == NULL) {
    perror(path);
    return -1;
  }
  PyImport_AppendInittab("embed", open_module);
  Py_Initialize();
  int status = PyRun_SimpleFileEx(script, path, 1);
  if (Py_FinalizeEx() != 0) status = -1;
  return status;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "one_tree PYTHON_SCRIPT LUA_SCRIPT\n");
    return 2;
  }
  lua_script = argv[2];
  int status = run_python(argv[1]);
  for (int i = 0; i < closed_count; i++)
    free(closed[i]);
  printf("%d passed, %d failed\n", status == 0, status != 0);
  return status == 0 ? 0 : 1;
}
