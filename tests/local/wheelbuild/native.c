#include <Python.h>
#ifdef WITH_YAML
#include <yaml.h>
#endif

static PyObject *answer(PyObject *self, PyObject *args)
{
#ifdef WITH_YAML
	return PyUnicode_FromString(yaml_get_version_string());
#else
	return PyUnicode_FromString(__FILE__);
#endif
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", NULL, -1, methods};

PyMODINIT_FUNC PyInit_native(void)
{
	return PyModule_Create(&module);
}
