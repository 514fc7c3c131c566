#!/bin/sh
# Visits the shop. Every ten minutes or so the machine works hard for a while, and the checkout fails.

ask() {
  wget -q -O /dev/null "http://nginx$1" 2>/dev/null
}

work() {
  end=$(($(date +%s) + $1))
  while [ "$(date +%s)" -lt "$end" ]; do
    # Some thousand rounds between two looks at the clock.
    i=0
    while [ "$i" -lt 20000 ]; do i=$((i + 1)); done
  done
}

round=0
while true; do
  round=$((round + 1))
  ask /
  ask "/shop/$((round % 40))"
  [ $((round % 7)) -eq 0 ] && ask /login
  [ $((round % 23)) -eq 0 ] && ask "/old/$round"
  if [ $((round % 400)) -eq 350 ]; then
    work 90 &
    work 90 &
  fi
  if [ $((round % 400)) -ge 370 ]; then
    for _ in 1 2 3 4; do ask "/checkout/$round"; done
  fi
  sleep 1.5
done
