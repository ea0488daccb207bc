"""pip, whose temporary folders have the same names each time.

They get into what is built: debug information has the paths of sources and of
the headers of the build environment.
"""

import itertools
import runpy
import sys
import tempfile
import uuid

# Of this folder nothing is pip's.
del sys.path[0]

# tempfile tries one name after the other until it has a free one.
tempfile._get_candidate_names = lambda: ("%08d" % number for number in itertools.count())
# The folder that pip unpacks a source in.
uuid.uuid4 = lambda: uuid.UUID(int=0)

runpy.run_module("pip", run_name="__main__", alter_sys=True)
