/** What each command says to `--help`. */

const serverFlags = `  -config.file=FILE        a Loki configuration of any version; what has no meaning here is reported and ignored
  -config.expand-env       replace \${NAME} and \${NAME:-default} in the file
  --port N --host H        where to listen (default 3100 on 127.0.0.1; --host 0.0.0.0 opens it to the network)
  --data DIR               where the data lies (default: the first writable folder of the file, else ./data)
  --memory-max SIZE        ceiling of resident memory (default 256MB, at least 160MB)
  --store KIND             sqlite (default), memory, or clickhouse://user:password@host:8123/database
  --prometheus URL         a Prometheus for the page at /explore and for correlation
  -auth.enabled            tenants by X-Scope-OrgID
  -runtime-config.file=F   limits by tenant, read again when the file changes
  -log.level=LEVEL         debug, info, warn or error (default info)
  -log.format=FORMAT       logfmt (default) or json
  -verify-config           check the configuration and leave
  -health                  ask the server of this configuration whether it is ready, and leave with 0 or 1
  -print-config-stderr     print the configuration as it is read
  -version                 print the version`;

export const help: Record<string, string> = {
  '': `binocle: logs and metrics through the same pair of eyes

  binocle serve       the log server, Loki's API on port 3100
  binocle agent       tail files and send them, with Promtail's configuration
  binocle up          server and agent in one process
  binocle query       ask a server in LogQL from the terminal
  binocle push        send lines from standard input
  binocle import      take in log files (plain, gz, zst), or everything a running Loki has
  binocle check       verify a data directory
  binocle correlate   find the labels that logs and metrics share
  binocle migrate     copy a data directory into another store
  binocle bench       measure this machine

binocle COMMAND --help says more.
`,
  serve: `binocle serve [flags]: the log server

${serverFlags}
`,
  up: `binocle up [flags]: server and agent in one process

Without an agent's configuration it tails /var/log/*log.

${serverFlags}
  -agent.config.file=FILE  a Promtail configuration for the agent's half
  --tail GLOB              tail these files instead of /var/log/*log (may be repeated)
`,
  query: `binocle query '{job="nginx"} |= "timeout"' [flags]

  --since 1h               from so long ago until now (default 1h)
  --from T --to T          or from and to a time: now, now-2h, 2h (ago), 2026-11-20, 2026-11-20T12:00 (UTC, or with a zone as in
                           RFC 3339), or seconds or nanoseconds since 1970
  --limit N                most lines (default 30; 0: all, page by page)
  --forward                oldest first
  --step 1m                for metric queries
  --tail                   follow what comes in
  -o default|raw|jsonl|table
  --addr URL               the server (default http://127.0.0.1:3100, or $BINOCLE_ADDR or $LOKI_ADDR)
  --org-id TENANT          tenant ($LOKI_ORG_ID)
  --quiet                  no progress on standard error
  --color always|never     colours by level (default: when standard output is a terminal)
`,
  push: `binocle push --label job=NAME [--label k=v ...] [flags]: sends each line of standard input

  --addr URL, --org-id TENANT   as for query
  --time-from-line              read the time out of each line where there is one
`,
  import: `binocle import FILE... --label job=NAME [flags]: takes in log files; .gz and .zst are unpacked

  --label k=v              labels of the streams (job=import when none is given; filename is added)
  --addr URL, --org-id TENANT   as for query
  --year N                 year of times that carry none (default: the file's own)

binocle import --from-loki URL [flags]: takes over what a running Loki (or Binocle) holds

  --selector '{...}'       which streams (default: all)
  --from T --to T          which time, as for query (default: the last 30 days)
  --since 30d              or from so long ago
  --from-org-id TENANT     tenant at the source
  --state FILE             where progress is kept, to go on after a stop (default binocle-import.json)
`,
  check: `binocle check [--repair] [--data DIR] [--store STORE]: verifies a data directory, or the tables and nodes of a ClickHouse; exit status 1 when something is damaged

  --repair                 save what is readable
  --data DIR               the directory (default: what -config.file=FILE names, else ./data)
`,
  bench: `binocle bench [flags]: measures this machine with a generated corpus

  --lines N                lines to take in (default 2000000)
  --write FILE             put the table into a file as well
  --keep                   keep the data
  --beside URL             measure another server that speaks Loki's API as well: it is to be empty, to take old entries, and gets each
                           body and question beside this one's
  --beside-pid N           its process, on this machine
  --beside-dir DIR         where its data lie
  --store STORE            measure the server on this store instead of SQLite, as for serve; the word clickhouse alone starts a
                           ClickHouse for it, where clickhouse-server is installed

binocle bench agent [--lines N]: measures the agent, from a file to acknowledged pushes (default 1000000 lines)
`,
  correlate: `binocle correlate --prometheus URL [flags]: finds the labels that logs and metrics share, prints what Grafana is to be provisioned with

  --loki URL               the logs (default http://127.0.0.1:3100); a Binocle or a Loki
  --org-id TENANT          their tenant
  --since 6h               how far back to look (default 6h)
  --json                   print the map with its evidence instead
  --file FILE              write there instead of to standard output
  --provision              add the correlations that lead from any graph to the logs
  --grafana URL            create those in a running Grafana
  --grafana-token TOKEN    with this service account (or $GRAFANA_TOKEN, or user and password in the URL)
  --prometheus-uid UID     uid of the Prometheus data source (default prometheus)
  --binocle-uid UID        uid of the Binocle data source (default binocle)

binocle correlate map --logs LOGS.json --metrics METRICS.json
  two arrays of label sets, or the answers of two series endpoints; prints {"pairs":[...]}

binocle correlate rank --target TARGET.json --series SERIES.json
  a log rate and series on the same steps; prints {"ranked":[...]}, best first
`,
  migrate: `binocle migrate --from STORE --to STORE [flags]: copies every tenant's entries into another store, and counts them there

STORE is a data directory or clickhouse://user:password@host:8123/database?cluster=name. No server may run on a directory meanwhile.
What the other store has already is not stored twice, so the command may be stopped and started again.

  --state FILE             where progress is kept, to go on after a stop (default binocle-migrate.json)
  --quiet                  no progress on standard error
`,
  agent: `binocle agent -config.file=FILE: tails files and sends them, as Promtail does; takes Promtail's flags
`,
};
