#!/bin/sh
# The shell's way: inotifywait wakes up a loop, sed rewrites by a file of rules, mv puts the result in place.
# Nothing is synced, parsed or checked. Arguments: the primary's folder, the backup's, the file of rules.
primary=$1 backup=$2 rules=$3

replicate() {
  sed -f "$rules" "$primary/$1" > "$backup/.$1.new" && mv "$backup/.$1.new" "$backup/$1"
}

for file in "$primary"/*; do
  replicate "${file##*/}"
done
inotifywait -m -e close_write -e moved_to --format %f "$primary" | while read -r name; do
  case $name in
    .*) ;;
    *) replicate "$name" ;;
  esac
done
