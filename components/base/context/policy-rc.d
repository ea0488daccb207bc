#!/bin/sh
# No service starts while packages are installed: a container has no init.
# 101: action forbidden by policy (invoke-rc.d(8)).
exit 101
