# An optimized interpreter does not keep the variable "frame" of its loop, by which the commands above find
# Python's frames. From 3.13 on the state of the thread has the newest one; each run of the loop ends at a
# shim.


def newest_frame():
    """The frame that the selected thread is in; None where nobody can tell."""
    thread = gdb.selected_thread().ptid[1]
    state = gdb.parse_and_eval("_PyRuntime.interpreters.main->threads.head")
    while state:
        if state["native_thread_id"] == thread:
            return PyFramePtr(state["current_frame"])
        state = state["next"]


def get_pyop(self, upstream=Frame.get_pyop):
    try:
        found = upstream(self)
        frame = newest_frame() if found is None else None
    except gdb.error:
        return None
    newer = self.newer()
    while frame and newer:
        if newer.is_evalframe():
            while not frame.is_shim():
                frame = frame.previous()
            frame = frame.previous()
        newer = newer.newer()
    return found or frame


Frame.get_pyop = get_pyop
