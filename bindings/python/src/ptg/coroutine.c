/* coroutine.c - what the asyncio task of a task runs: the coroutine, after
 * whose end its group is told.
 *
 * In Python this would be a coroutine around the other, a frame more for every
 * step, and for every exception on its way out; nothing else needs it to be in
 * C. Whatever is asked of it that is not here, the coroutine answers: its name,
 * its frame, its state.
 */
#include <Python.h>

typedef struct {
  PyObject_HEAD PyObject *coroutine;
  PyObject *group;
  PyObject *handle;
  int has_begun;
} wrapped;

static PyObject *CANCELLED_ERROR;
static PyObject *CURRENT_GROUP;
static PyObject *END_WELL, *END_CANCELLED, *END_BADLY, *THROW;

/* --------------------------------------------------------- begin and end -- */

/* The garbage collector had begun to take it apart. */
static int is_gone(void) {
  PyErr_SetString(PyExc_RuntimeError, "the coroutine is gone");
  return -1;
}

/* The context is that of the task by now. */
static int begin(wrapped *this) {
  PyObject *current;
  if (this->coroutine == NULL || this->group == NULL) return is_gone();
  if (this->has_begun) return 0;
  this->has_begun = 1;
  if (PyContextVar_Get(CURRENT_GROUP, NULL, &current) < 0) return -1;
  Py_XDECREF(current);
  if (current == this->group) return 0;
  PyObject *token = PyContextVar_Set(CURRENT_GROUP, this->group);
  Py_XDECREF(token);
  return token == NULL ? -1 : 0;
}

static int tell_well(wrapped *this) {
  PyObject *told =
      PyObject_CallMethodOneArg(this->group, END_WELL, this->handle);
  Py_XDECREF(told);
  return told == NULL ? -1 : 0;
}

/* The exception that is set goes on to the task. */
static void tell_exception(wrapped *this) {
  PyObject *told, *type, *value, *traceback;
  int is_cancelled = PyErr_ExceptionMatches(CANCELLED_ERROR);
  PyErr_Fetch(&type, &value, &traceback);
  if (is_cancelled) {
    told = PyObject_CallMethodOneArg(this->group, END_CANCELLED, this->handle);
  } else {
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) PyException_SetTraceback(value, traceback);
    told = PyObject_CallMethodObjArgs(this->group, END_BADLY, this->handle,
                                      value, NULL);
  }
  if (told == NULL) PyErr_WriteUnraisable((PyObject *)this);
  Py_XDECREF(told);
  PyErr_Restore(type, value, traceback);
}

/* ------------------------------------------------------------- the steps -- */

static PySendResult wrapped_send(PyObject *self, PyObject *sent,
                                 PyObject **result) {
  wrapped *this = (wrapped *)self;
  if (begin(this) < 0) return PYGEN_ERROR;
  PySendResult how = PyIter_Send(this->coroutine, sent, result);
  if (how == PYGEN_ERROR) tell_exception(this);
  if (how == PYGEN_RETURN && tell_well(this) < 0) {
    Py_CLEAR(*result);
    return PYGEN_ERROR;
  }
  return how;
}

/* For a task that is written in Python. */
static PyObject *wrapped_send_method(PyObject *self, PyObject *sent) {
  PyObject *result = NULL;
  PySendResult how = wrapped_send(self, sent, &result);
  if (how != PYGEN_RETURN) return result;
  PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
  if (stop != NULL) PyErr_SetObject(PyExc_StopIteration, stop);
  Py_XDECREF(stop);
  Py_DECREF(result);
  return NULL;
}

static PyObject *wrapped_throw(PyObject *self, PyObject *exception) {
  wrapped *this = (wrapped *)self;
  if (begin(this) < 0) return NULL;
  PyObject *result =
      PyObject_CallMethodOneArg(this->coroutine, THROW, exception);
  if (result != NULL) return result;
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
    tell_exception(this);
    return NULL;
  }
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (tell_well(this) == 0) {
    PyErr_Restore(type, value, traceback);
    return NULL;
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return NULL;
}

static PyObject *wrapped_getattro(PyObject *self, PyObject *name) {
  PyObject *own = PyObject_GenericGetAttr(self, name);
  PyObject *coroutine = ((wrapped *)self)->coroutine;
  if (own != NULL || coroutine == NULL ||
      !PyErr_ExceptionMatches(PyExc_AttributeError))
    return own;
  PyErr_Clear();
  return PyObject_GetAttr(coroutine, name);
}

/* -------------------------------------------------------------- the type -- */

static int wrapped_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(((wrapped *)self)->coroutine);
  Py_VISIT(((wrapped *)self)->group);
  return 0;
}

static int wrapped_clear(PyObject *self) {
  Py_CLEAR(((wrapped *)self)->coroutine);
  Py_CLEAR(((wrapped *)self)->group);
  return 0;
}

static void wrapped_dealloc(PyObject *self) {
  PyObject_GC_UnTrack(self);
  wrapped_clear(self);
  Py_CLEAR(((wrapped *)self)->handle);
  PyObject_GC_Del(self);
}

static PyAsyncMethods AS_ASYNC = {.am_send = wrapped_send};

static PyMethodDef METHODS[] = {
    {"send", wrapped_send_method, METH_O, NULL},
    {"throw", wrapped_throw, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject TYPE = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ptg._coroutine.Coroutine",
    .tp_basicsize = sizeof(wrapped),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_as_async = &AS_ASYNC,
    .tp_methods = METHODS,
    .tp_getattro = wrapped_getattro,
    .tp_traverse = wrapped_traverse,
    .tp_clear = wrapped_clear,
    .tp_dealloc = wrapped_dealloc,
};

/* wrap(coroutine, group, handle) */
static PyObject *wrap(PyObject *module, PyObject *const *arguments,
                      Py_ssize_t count) {
  (void)module;
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "wrap(coroutine, group, handle)");
    return NULL;
  }
  wrapped *this = PyObject_GC_New(wrapped, &TYPE);
  if (this == NULL) return NULL;
  this->coroutine = Py_NewRef(arguments[0]);
  this->group = Py_NewRef(arguments[1]);
  this->handle = Py_NewRef(arguments[2]);
  this->has_begun = 0;
  PyObject_GC_Track(this);
  return (PyObject *)this;
}

/* ------------------------------------------------------------ the module -- */

static PyMethodDef FUNCTIONS[] = {
    {"wrap", (PyCFunction)(void (*)(void))wrap, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ptg._coroutine",
    .m_size = -1,
    .m_methods = FUNCTIONS,
};

static int find_names(void) {
  PyObject *asyncio = PyImport_ImportModule("asyncio");
  if (asyncio == NULL) return -1;
  CANCELLED_ERROR = PyObject_GetAttrString(asyncio, "CancelledError");
  Py_DECREF(asyncio);
  CURRENT_GROUP = PyContextVar_New("current_ptaskgroup", NULL);
  END_WELL = PyUnicode_InternFromString("_end_well");
  END_CANCELLED = PyUnicode_InternFromString("_end_cancelled");
  END_BADLY = PyUnicode_InternFromString("_end_badly");
  THROW = PyUnicode_InternFromString("throw");
  return CANCELLED_ERROR && CURRENT_GROUP && END_WELL && END_CANCELLED &&
                 END_BADLY && THROW
             ? 0
             : -1;
}

PyMODINIT_FUNC PyInit__coroutine(void) {
  if (find_names() < 0 || PyType_Ready(&TYPE) < 0) return NULL;
  PyObject *module = PyModule_Create(&MODULE);
  if (module == NULL) return NULL;
  if (PyModule_AddObjectRef(module, "Coroutine", (PyObject *)&TYPE) < 0 ||
      PyModule_AddObjectRef(module, "current_ptaskgroup", CURRENT_GROUP) < 0)
    Py_CLEAR(module);
  return module;
}
