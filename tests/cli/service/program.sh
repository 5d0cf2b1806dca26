#!/bin/sh
# The program, as far as `service status` asks it.
echo mailwatch-tui 9.9.9
