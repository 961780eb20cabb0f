#!/bin/sh
# Writes a backup into /backups now and then once a day, and deletes those that are older than BACKUP_RETENTION_DAYS.
# With `once`, it writes one and exits.
set -eu
umask 077
cd "${BACKUP_DIR:-/backups}"

back_up() {
  file=incidents-$(date -u +%Y-%m-%dT%H%M%S).dump
  # A file with its final name is complete. Uploads in flight are left out, as by `make backup`.
  pg_dump --format=custom --exclude-table-data='*.object_uploads' --file="$file.unfinished" || {
    rm -f "$file.unfinished"
    return 1
  }
  mv "$file.unfinished" "$file"
  echo "wrote $file"
  find . -name 'incidents-*.dump*' -mtime +"${BACKUP_RETENTION_DAYS:-14}" -delete
}

if [ "${1:-}" = once ]; then
  back_up
  exit
fi
while :; do
  until back_up; do
    echo 'the backup failed; trying again in a minute' >&2
    sleep 60
  done
  sleep 86400
done
